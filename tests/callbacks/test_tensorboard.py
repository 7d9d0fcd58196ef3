import csv
import io
import warnings

import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen.callbacks import ReconstructionGrid, SampleGrid, TensorBoard
from kerasgen.callbacks.events import EventWriter
from tests.callbacks.tiny import TinyModel, read_events, train
from tests.processes import run_python

pytestmark = pytest.mark.any_backend


def steps(run, tag):
    return [step for step, value in run[tag]]


def test_scalars_of_every_phase_in_two_runs_by_training_step(tmp_path):
    callback = TensorBoard(tmp_path, images=False)
    history = train(TinyModel(), [callback], epochs=3, validation=True).history
    training, validation = (
        read_events(tmp_path / "train"),
        read_events(tmp_path / "validation"),
    )
    losses = {"epoch/loss", "epoch/discriminator_loss", "epoch/generator_loss"}
    rates = {"learning_rate/discriminator", "learning_rate/generator"}
    assert set(training) == losses | rates and set(validation) == losses
    for name in ("discriminator_loss", "generator_loss"):
        for run, prefix in ((training, ""), (validation, "val_")):
            assert steps(run, f"epoch/{name}") == [4, 8, 12]
            values = [float(value) for _, value in run[f"epoch/{name}"]]
            assert values == pytest.approx(history[prefix + name])
    assert float(training["learning_rate/generator"][0][1]) == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "update_freq, expected",
    [(1, [1, 2, 3, 4, 5, 6, 7, 8]), ("batch", [1, 2, 3, 4, 5, 6, 7, 8]), (3, [3, 6])],
)
def test_scalars_every_so_many_batches(tmp_path, update_freq, expected):
    callback = TensorBoard(tmp_path, images=False, update_freq=update_freq)
    train(TinyModel(), [callback])
    run = read_events(tmp_path / "train")
    assert steps(run, "batch/generator_loss") == expected
    assert steps(run, "epoch/generator_loss") == [4, 8]


def test_without_batches_there_is_no_batch_hook_for_jax_to_wait_for(tmp_path):
    hook = TensorBoard(tmp_path).on_train_batch_end
    assert hook.__func__ is keras.callbacks.Callback.on_train_batch_end
    assert TensorBoard(tmp_path, update_freq=2).on_train_batch_end != hook


@pytest.mark.parametrize("first", [True, False])
def test_pictures_of_the_grid_callbacks_wherever_they_stand(tmp_path, first):
    x = np.random.default_rng(0).random((4, 4, 4, 3))
    grids = [
        SampleGrid(tmp_path / "run", num_samples=4, period=2),
        ReconstructionGrid(x, None, num_images=4),
    ]
    callback = TensorBoard(tmp_path)
    model = TinyModel()
    train(model, [callback, *grids] if first else [*grids, callback], epochs=3)
    run = read_events(tmp_path / "train")
    assert steps(run, "samples") == [0, 8, 12]
    assert steps(run, "reconstructions") == [0, 4, 8, 12]
    assert len(model.calls) == 3
    width, height, content = run["samples"][-1][1]
    picture = np.asarray(Image.open(io.BytesIO(content)))
    assert picture.shape == (int(height), int(width))
    np.testing.assert_array_equal(picture, grids[0].latest[..., 0])


def test_samples_of_its_own_where_no_callback_draws(tmp_path):
    model = TinyModel(num_classes=2)
    train(model, [TensorBoard(tmp_path / "a")])
    assert steps(read_events(tmp_path / "a" / "train"), "samples") == [0, 4, 8]
    train(model, [TensorBoard(tmp_path / "b", images=False)])
    assert len(model.calls) == 3 and "samples" not in read_events(
        tmp_path / "b" / "train"
    )


def test_histograms_count_every_weight(tmp_path):
    model = TinyModel()
    train(model, [TensorBoard(tmp_path, histogram_freq=2, images=False)], epochs=4)
    run = read_events(tmp_path / "train")
    tag = f"weights/{model.dense.kernel.path}"
    assert steps(run, tag) == [8, 16]
    buckets = run[tag][-1][1]
    kernel = keras.ops.convert_to_numpy(model.dense.kernel)
    assert buckets.shape == (30, 3) and buckets[:, 2].sum() == kernel.size
    assert buckets[0, 0] == kernel.min() and buckets[-1, 1] == kernel.max()


def test_a_resumed_run_shows_every_step_once(tmp_path):
    # The first process was killed at step 12; its last backup was of step 4.
    options = {"update_freq": 1, "images": True}
    train(TinyModel(), [TensorBoard(tmp_path, **options)], epochs=3)
    model = TinyModel()
    train(model, [], epochs=1)
    train(model, [TensorBoard(tmp_path, **options)], epochs=4, initial_epoch=1)
    assert len(list((tmp_path / "train").iterdir())) == 2
    run = read_events(tmp_path / "train")
    assert steps(run, "batch/generator_loss") == list(range(1, 17))
    assert steps(run, "epoch/generator_loss") == [4, 8, 12, 16]
    assert steps(run, "samples") == [0, 4, 8, 12, 16]


def test_images_of_four_channels_do_not_end_the_training(tmp_path):
    callback = TensorBoard(tmp_path)
    history = train(TinyModel(channels=4), [callback], epochs=1)
    assert history.epoch == [0]
    assert len(read_events(tmp_path / "train")["samples"]) == 2


def test_a_run_that_fails_has_all_its_points_on_the_disk(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt

    callback = TensorBoard(tmp_path, images=False, update_freq=1)
    with pytest.raises(KeyboardInterrupt):
        train(TinyModel(), [callback, Stop()], epochs=1)
    assert steps(read_events(tmp_path / "train"), "batch/loss") == [1, 2, 3]


def test_a_disk_that_is_full_costs_one_warning_and_the_lost_points(
    tmp_path, monkeypatch
):
    writer = EventWriter(tmp_path / "train")
    writer.scalars(1, {"a": 1.0})
    real_open = type(writer.path).open

    class Full(io.BytesIO):
        def __init__(self, path):
            super().__init__()
            self.path = path

        def write(self, data):
            with real_open(self.path, "ab") as file:
                file.write(data[:7])
            raise OSError(28, "No space left on device")

    callback = TensorBoard(tmp_path, images=False)
    with monkeypatch.context() as patch:
        patch.setattr(type(writer.path), "open", lambda path, mode: Full(path))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = train(TinyModel(), [callback], epochs=3)
        with pytest.raises(OSError, match="No space left"):
            writer.scalars(2, {"a": 2.0})
    ours = [str(w.message) for w in caught if "TensorBoard" in str(w.message)]
    assert len(ours) == 1 and str(tmp_path / "train") in ours[0]
    assert len(history.epoch) == 3
    writer.scalars(3, {"a": 3.0})
    assert read_events(tmp_path / "train")["a"] == [(1, 1.0), (3, 3.0)]


WITHOUT = """
import sys, warnings
import keras
from tests.callbacks.tiny import TinyModel, train
from kerasgen.callbacks import SampleGrid, TensorBoard
if {hidden}:
    sys.modules["tensorboard"] = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    callback = TensorBoard({path!r}, histogram_freq=1, update_freq=2)
    for _ in range(2):
        train(TinyModel(), [SampleGrid({path!r}), callback], validation=True)
print(sum("needs the package `tensorboard`" in str(w.message) for w in caught))
print("tensorflow" in sys.modules and keras.backend.backend() != "tensorflow")
"""


@pytest.mark.parametrize("hidden", [False, True])
def test_tensorflow_is_never_imported_nor_tensorboard_required(tmp_path, hidden):
    code = WITHOUT.format(hidden=hidden, path=str(tmp_path))
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["1" if hidden else "0", "False"]
    files = sorted(p.name for p in tmp_path.iterdir())
    if not hidden:
        assert files == ["samples", "samples.gif", "train", "validation"]
        return
    assert files == ["samples", "samples.gif", "scalars.csv"]
    with open(tmp_path / "scalars.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    points = [(row["run"], row["step"], row["tag"]) for row in rows]
    assert len(set(points)) == len(points)
    assert ("train", "2", "batch/generator_loss") in points
    assert ("validation", "8", "epoch/discriminator_loss") in points


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"log_dir": None}, TypeError, "log_dir=None"),
        ({"histogram_freq": -1}, ValueError, "histogram_freq=-1"),
        ({"update_freq": 0}, ValueError, "update_freq=0"),
        ({"update_freq": "epochs"}, ValueError, "Did you mean 'epoch'"),
    ],
)
def test_arguments_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        TensorBoard(**arguments)
