"""Scores during training: in the logs, for Keras's own callbacks, without a trace."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import EvaluateSamples
from kerasgen.metrics import score_samples

pytestmark = pytest.mark.any_backend
DISTANCE = "frechet_distance_by_random"


@pytest.fixture(scope="module")
def sets():
    train = kerasgen.data.load("digits", batch_size=100, num_examples=200)
    return kerasgen.data.hold_out(train, 40)


def make_model():
    keras.utils.set_random_seed(0)
    model = kerasgen.autoencoders.VAE((8, 8, 1), 2, hidden_widths=(8,), seed=0)
    model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
    return model


def test_scores_are_those_of_the_model_after_each_period(sets):
    train, held_out = sets
    model, callback = make_model(), EvaluateSamples(held_out, num_samples=20, period=2)
    seen = []
    spy = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(logs))
    history = model.fit(train, epochs=4, callbacks=[callback, spy], verbose=0).history
    assert len(history[DISTANCE]) == 2
    assert [DISTANCE in logs for logs in seen] == [False, True, False, True]
    expected = score_samples(
        model, held_out, None, callback.network, 20, callback.scores
    )
    assert callback.latest.figures() == expected.figures()
    assert history[DISTANCE][-1] == expected.figures()[DISTANCE]
    names = {"precision_by_random", "recall_by_random", f"{DISTANCE}_standard_error"}
    assert names <= set(history)


def test_training_is_the_same_with_it_and_without(sets):
    train, held_out = sets
    weights = []
    for callbacks in ([], [EvaluateSamples(held_out, None, num_samples=10)]):
        model = make_model()
        model.fit(train, epochs=2, callbacks=callbacks, verbose=0)
        weights.append(model.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_kerass_callbacks_keep_and_stop_at_the_best_score(sets, tmp_path):
    train, held_out = sets

    class Spoiled(keras.callbacks.Callback):
        """After the first epoch the model draws one grey image."""

        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                weights = [np.zeros(w.shape) for w in self.model.decoder.get_weights()]
                self.model.decoder.set_weights(weights)

    monitor = {"monitor": DISTANCE, "mode": "min"}
    callbacks = [
        Spoiled(),
        EvaluateSamples(held_out, num_samples=40),
        keras.callbacks.ModelCheckpoint(
            tmp_path / "best.keras", save_best_only=True, **monitor
        ),
        keras.callbacks.EarlyStopping(patience=1, **monitor),
    ]
    model = make_model()
    history = model.fit(train, epochs=9, callbacks=callbacks, verbose=0).history
    found = history[DISTANCE]
    assert len(found) == 2 and found[1] > found[0]
    best = keras.models.load_model(tmp_path / "best.keras")
    again = score_samples(
        best, held_out, None, callbacks[1].network, 40, ["frechet_distance"]
    )
    assert again.figures()[DISTANCE] == pytest.approx(found[0], rel=1e-5)


def test_a_run_has_the_scores_in_its_history(sets, tmp_path):
    from kerasgen.run_epochs import read_history
    from kerasgen.runs import Run

    train, held_out = sets
    run = Run(tmp_path / "run", "tests/scores", {}, ["kerasgen"])
    model = make_model()
    with run.opened():
        scores = EvaluateSamples(held_out, None, num_samples=10)
        run.fit(model, train, callbacks=[scores], epochs=1)
    assert "ms_ssim" in read_history(tmp_path / "run")[-1]


@pytest.mark.parametrize(
    "options", [{"period": 0}, {"num_samples": 1}, {"network": "spam"}, {"seed": -1}]
)
def test_what_cannot_be_is_refused_before_training(sets, options):
    with pytest.raises(ValueError, match="Received"):
        EvaluateSamples(sets[1], **options)


@pytest.mark.any_backend
def test_points_are_their_own_features():
    data = kerasgen.data.load("mixture", num_examples=160, batch_size=16)
    model = kerasgen.gans.WGANGP((2,), architecture="mlp", filters=4)
    model.compile()
    callback = EvaluateSamples(data, num_samples=40)
    history = model.fit(data, epochs=1, callbacks=[callback], verbose=0).history
    assert callback.network is None
    assert 0 <= history["precision_by_points"][0] <= 1
    assert "recall_by_points" in history
