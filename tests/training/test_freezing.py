"""Frozen layers: they stay, the others move as without them, and files keep it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.backend import to_numpy
from kerasgen.training import GenerativeModel
from tests.conformance import differing, numpy_state
from tests.training.tiny import TinyGAN

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), "uint8")
ROWS = np.random.default_rng(1).uniform(0, 1, (4, 1, 2, 1)).astype("float32")


@keras.saving.register_keras_serializable("kerasgen_tests")
class Linear(GenerativeModel):
    """A linear autoencoder, whose two layers have kernels of one shape."""

    image_shape = (1, 2, 1)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = (
            keras.Sequential([keras.Input((2,)), layers.Dense(2, use_bias=False)])
            for _ in range(2)
        )
        self.add_phase("autoencoder", [self.encoder, self.decoder])

    def compute_losses(self, phase, x, labels, training):
        x = ops.reshape(x, (-1, 2))
        return {"loss": ops.mean(ops.square(self.decoder(self.encoder(x)) - x))}

    def default_optimizers(self):
        return {"autoencoder": keras.optimizers.SGD(0.5)}


def _kernels(model):
    return [to_numpy(part.layers[0].kernel) for part in (model.encoder, model.decoder)]


def _gradients(encoder, decoder):
    """Those of mean((x E D - x)^2), by hand."""
    x = ROWS.reshape(-1, 2)
    error = 2.0 * (x @ encoder @ decoder - x) / x.size
    return x.T @ error @ decoder.T, (x @ encoder).T @ error


def _moved(kernels, trained, rate=0.5):
    gradients = _gradients(*kernels)
    return [
        kernel - rate * gradient * (name in trained)
        for name, kernel, gradient in zip(
            ("encoder", "decoder"), kernels, gradients, strict=True
        )
    ]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_any_part_is_frozen_and_thawed_at_any_time(policy):
    """The frozen part stays bit for bit; the other takes the step done by hand."""
    model = Linear(seed=0, dtype=policy)
    tolerance = 1e-5 if policy == "float32" else 5e-3
    model.decoder.trainable = False
    model.compile()
    for trained in (("encoder",), ("decoder",), ("encoder", "decoder"), ("decoder",)):
        model.encoder.trainable = "encoder" in trained
        model.decoder.trainable = "decoder" in trained
        before = _kernels(model)
        model.fit(ROWS, batch_size=4, verbose=0)
        after, expected = _kernels(model), _moved(before, trained)
        for name, new, old, right in zip(
            ("encoder", "decoder"), after, before, expected, strict=True
        ):
            if name in trained:
                np.testing.assert_allclose(new, right, atol=tolerance, err_msg=name)
                assert np.abs(new - old).max() > 1e-3
            else:
                np.testing.assert_array_equal(new, old, err_msg=name)


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.Adam(0.1), keras.optimizers.SGD(0.1, use_ema=True)]
)
def test_slots_belong_to_their_weights(optimizer):
    """A layer frozen for two fits goes on with the moments that it had."""
    model = Linear(seed=0)
    model.compile(type(optimizer).from_config(optimizer.get_config()))
    model.fit(ROWS, batch_size=4, verbose=0)
    slots = len(model.optimizer.variables)
    model.encoder.trainable = False
    before, state = _kernels(model), numpy_state(model)
    model.fit(ROWS, batch_size=4, epochs=2, verbose=0)
    after, names = _kernels(model), differing(state, numpy_state(model))
    np.testing.assert_array_equal(before[0], after[0])
    assert np.abs(after[1] - before[1]).max() > 1e-3
    if not optimizer.use_ema:
        assert not {"optimizer/autoencoder/2", "optimizer/autoencoder/3"} & set(names)
    assert len(model.optimizer.variables) == slots
    model.encoder.trainable = True
    model.fit(ROWS, batch_size=4, verbose=0)
    assert np.abs(_kernels(model)[0] - after[0]).max() > 1e-4


def test_a_file_is_loaded_partly_frozen_and_tuned(tmp_path):
    """FreezeD: the first layers of a trained discriminator stay, all else goes on."""
    model = TinyGAN(seed=0)
    model.compile(average_decay=0.5)
    model.fit(IMAGES, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    tuned = keras.models.load_model(tmp_path / "model.keras")
    tuned.discriminator.layers[0].trainable = False
    tuned.generator.layers[1].trainable = False
    before = numpy_state(tuned)
    tuned.fit(IMAGES, batch_size=4, verbose=0)
    moved = set(differing(before, numpy_state(tuned)))
    frozen = {"discriminator/1/kernel", "generator/2/gamma", "generator/2/moving_mean"}
    assert not moved & frozen
    assert {"discriminator/3/kernel", "generator/1/kernel"} <= moved
    # What is frozen is part of the file, and of the averages' order in it.
    tuned.save(tmp_path / "tuned.keras")
    again = keras.models.load_model(tmp_path / "tuned.keras")
    assert again.frozen() == tuned.frozen() != []
    tuned.reset_metrics()
    assert not differing(numpy_state(tuned), numpy_state(again))
    np.testing.assert_array_equal(tuned.sample(2, seed=0), again.sample(2, seed=0))
    for either in (tuned, again):
        either.fit(IMAGES, batch_size=4, verbose=0)
    assert not differing(numpy_state(tuned), numpy_state(again))


def test_a_frozen_player_plays_on():
    model = TinyGAN(seed=0)
    model.compile()
    model.discriminator.trainable = False
    before = numpy_state(model)
    logs = model.fit(IMAGES, batch_size=4, verbose=0).history
    assert np.isfinite(logs["discriminator_loss"]).all()
    moved = differing(before, numpy_state(model))
    assert not {"discriminator/1/kernel", "discriminator/3/bias"} & set(moved)
    assert "generator/1/kernel" in moved
    model.generator.trainable = False
    with pytest.warns(UserWarning, match="nothing will be trained"):
        model.fit(IMAGES, batch_size=4, verbose=0)


def test_averages_of_frozen_weights_stay_averages():
    model = Linear(seed=0)
    model.compile(average_decay=0.75)
    model.fit(ROWS, batch_size=4, verbose=0)
    kernel = model.encoder.layers[0].kernel
    average = next(a for v, a in model._average_pairs.pairs if v is kernel)
    expected = 0.75 * to_numpy(average) + 0.25 * to_numpy(kernel)
    model.encoder.trainable = False
    model.fit(ROWS, batch_size=4, verbose=0)
    np.testing.assert_allclose(to_numpy(average), expected, rtol=1e-6)


def test_calls_read_the_same_weights_after_a_part_is_frozen():
    """Their functions were traced before, with the parts in another state."""
    model = Linear(seed=0)
    model.compile()
    model.encoder.trainable = False
    before = model.evaluate(ROWS, verbose=0)
    model.encoder.trainable, model.decoder.trainable = True, False
    assert model.evaluate(ROWS, verbose=0) == before


def test_a_weight_of_no_phase_is_an_error():
    class Lost(Linear):
        def __init__(self, trainable=True, **kwargs):
            super().__init__(**kwargs)
            self.extra = layers.Dense(1, trainable=trainable, name="extra")
            self.extra.build((None, 2))

    with pytest.raises(ValueError, match="of no phase, .*extra/kernel"):
        Lost().compile()
    model = Lost(trainable=False)
    model.extra.trainable = False
    model.compile()
    model.extra.trainable = True
    with pytest.raises(ValueError, match="of no phase, .*extra/kernel"):
        model.fit(ROWS, batch_size=4, verbose=0)


def test_weights_added_later_are_an_error():
    model = Linear()
    model.compile()
    model.encoder.layers[0].enable_lora(1)
    with pytest.raises(ValueError, match="LoRA"):
        model.compile()
    with pytest.raises(ValueError, match="LoRA"):
        model.fit(ROWS, batch_size=4, verbose=0)
    with pytest.raises(ValueError, match="`frozen` must name.*nothing"):
        Linear.from_config({"frozen": ["nothing"]})
