"""Pictures of a run's end, and what stops one.

Figures are in `test_figures.py`, the rest of `Run` in `test_recipe.py`.
"""

import json
import os
import signal

import keras
import numpy as np
import pytest
from matplotlib import image

import kerasgen
from kerasgen.runs import Run
from tests.conformance import EAGERLY, differing, numpy_state


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A run, a conditional model and its test images, 5 rows of 4 pixels."""
    folder = tmp_path_factory.mktemp("run")
    run = Run(folder, "tests/runs", {}, ["python"], verbose=0)
    x = np.random.default_rng(0).integers(0, 2, (20, 5, 4, 1), "uint8") * 255
    labels = np.arange(20) % 3
    test = kerasgen.data.Dataset(x, labels, batch_size=8, shuffle=False)
    model = kerasgen.autoregressive.FVBN((5, 4, 1), num_classes=3, seed=0)
    rng = np.random.default_rng(1)  # a new FVBN gives every image the same
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return run, model, test


def test_completions_keep_the_upper_half_and_say_so(parts):
    run, model, test = parts
    run.save_completions(model, test, num_images=8, seed=3)
    found = np.round(255 * image.imread(run.folder / "completions.png"))[..., :3]
    x, labels = test.spread(8)
    given = np.zeros((5, 4), bool)
    given[:2] = True
    completed = model.complete(x, given, labels, seed=3)
    same = kerasgen.images.to_uint8(completed) == x
    assert same[:, :2].all() and not same[:, 2:].all()
    title = "FVBN: completions; what is outlined was given"
    expected = kerasgen.images.labeled_grid(
        completed, labels, None, title, outline=given
    )
    np.testing.assert_array_equal(found, expected)


def test_completions_of_quadrants_outline_the_given_ones(parts):
    run, _, test = parts
    model = kerasgen.autoencoders.QuadrantCVAE(
        (5, 4, 1), latent_dim=2, hidden_widths=(3,), prior_widths=(3,)
    )
    run.save_completions(model, test, num_images=2, seed=3)
    found = np.round(255 * image.imread(run.folder / "completions.png"))[..., :3]
    x, labels = test.spread(2)
    given = np.zeros((5, 4), bool)
    given[2:, :2] = True
    title = "QuadrantCVAE: completions; what is outlined was given"
    expected = kerasgen.images.labeled_grid(
        model.complete(x, seed=3), labels, None, title, outline=given
    )
    np.testing.assert_array_equal(found, expected)


def test_parts_that_signals_stopped_go_on_as_if_they_had_not(tmp_path):
    """Stopped where a part ends and the next begins, and in a part's middle."""

    class Stop(keras.callbacks.Callback):
        def __init__(self, epoch):
            super().__init__()
            self.epoch = epoch

        def on_epoch_end(self, epoch, logs=None):
            if epoch == self.epoch:
                os.kill(os.getpid(), signal.SIGTERM)

    def start(folder, part=None, epoch=0):
        run = Run(tmp_path / folder, "tests/runs", {}, ["python"], verbose=0)
        sizes = {"num_codes": 3, "code_dim": 2, "downsamplings": 1, "filters": 2}
        sizes |= {"residual_filters": 2, "blocks": 1}
        keras.utils.set_random_seed(0)
        model = kerasgen.autoencoders.VQVAE2(
            (4, 4, 1), **sizes, prior_filters=2, prior_blocks=0, seed=1
        )
        # Compiling takes TensorFlow longer than a few steps.
        for each in (model, *model.priors):
            each.compile(run_eagerly=EAGERLY)
        if part is not None:
            stopped = model.parts.get(part, model)
            fit = stopped.fit
            stopped.fit = lambda *args, callbacks, **kwargs: fit(
                *args, callbacks=[*callbacks, Stop(epoch)], **kwargs
            )
        x = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), "uint8")
        data = kerasgen.data.Dataset(x, batch_size=4, seed=2)
        run.fit(model, data, epochs=2)
        run.fit_parts(model, data, epochs={"top_prior": 2, "bottom_prior": 3})
        return run, model

    _, expected = start("whole")
    for part, epoch in (("", 1), ("top_prior", 1), ("bottom_prior", 1)):
        with pytest.raises(SystemExit) as error:
            start("stopped", part, epoch)
        assert error.value.code == 75
    run, found = start("stopped")
    assert expected.parts_fitted
    assert not differing(numpy_state(found), numpy_state(expected))
    results = run.finish(found)
    assert [part["epochs"] for part in results["parts"].values()] == [2, 3]
    assert [part["steps"] for part in results["parts"].values()] == [4, 6]
    lines = (run.folder / "history-bottom_prior.jsonl").read_text().splitlines()
    assert (
        json.loads(lines[-1])["loss"]
        == results["parts"]["bottom_prior"]["metrics"]["loss"]
    )


def test_a_parts_name_is_that_of_files(parts):
    run, model, data = parts
    with pytest.raises(ValueError, match="`name` must be.*Received: name='../out'"):
        run.fit_part(model, data, "../out")


def test_part_that_a_signal_stopped_goes_on_as_if_it_had_not(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 0:  # a second signal would end the process at once
                os.kill(os.getpid(), signal.SIGTERM)

    x = np.random.default_rng(0).integers(0, 2, (8, 2, 2, 1), "uint8") * 255

    def fit(folder, stop=False):
        run = Run(tmp_path / folder, "tests/runs", {}, ["python"], verbose=0)
        model = kerasgen.autoregressive.FVBN((2, 2, 1), seed=0)
        model.compile(run_eagerly=EAGERLY)
        if stop:
            part = model.fit
            model.fit = lambda *args, callbacks, **kwargs: part(
                *args, callbacks=[*callbacks, Stop()], **kwargs
            )
        data = kerasgen.data.Dataset(x, batch_size=4, seed=2)
        run.fit_part(model, data, "first", epochs=2)
        return model.get_weights(), int(keras.ops.convert_to_numpy(model.steps))

    expected, steps = fit("whole")
    assert steps == 4
    with pytest.raises(SystemExit) as error:
        fit("stopped", stop=True)
    assert error.value.code == 75
    assert (tmp_path / "stopped" / "checkpoints-first").is_dir()
    for _ in range(2):  # the second time there is nothing left to train
        found, steps = fit("stopped")
        assert steps == 4
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_model_is_saved_whole_or_not_at_all(parts, monkeypatch):
    run, model, _ = parts
    before = {path.name for path in run.folder.iterdir()}
    run.save_model(model, "other.keras")
    assert {path.name for path in run.folder.iterdir()} == before | {"other.keras"}
    whole = (run.folder / "other.keras").read_bytes()
    found = keras.models.load_model(run.folder / "other.keras").get_weights()
    for a, b in zip(found, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)

    def fail(path):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(model, "save", fail)
    with pytest.raises(OSError, match="No space left"):
        run.save_model(model, "other.keras")
    assert (run.folder / "other.keras").read_bytes() == whole
    assert {path.name for path in run.folder.iterdir()} == before | {"other.keras"}
