import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from kerasgen import images
from kerasgen.callbacks import SampleGrid
from tests.callbacks.tiny import TinyModel, train

pytestmark = pytest.mark.any_backend


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def epochs(*numbers):
    return [f"epoch-{number:04d}.png" for number in numbers]


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def count_frames(path):
    with Image.open(path) as image:
        return image.n_frames


def test_a_picture_before_training_and_one_an_epoch_then_the_strip(tmp_path):
    model, callback = TinyModel(), SampleGrid(tmp_path, num_samples=4)
    train(model, [callback], epochs=3)
    assert names(tmp_path) == ["samples", "samples.gif"]
    assert names(tmp_path / "samples") == epochs(0, 1, 2, 3)
    assert count_frames(tmp_path / "samples.gif") == 4
    last = pixels(tmp_path / "samples" / "epoch-0003.png")
    np.testing.assert_array_equal(last, callback.latest[..., 0])
    first = pixels(tmp_path / "samples" / "epoch-0000.png")
    assert np.any(first != last) and callback.latest_step == 12


def test_the_noise_is_the_same_in_every_picture(tmp_path):
    model = TinyModel()
    train(model, [SampleGrid(tmp_path, num_samples=4, seed=5)])
    assert model.calls == [{"n": 4, "labels": None, "seed": 5}] * 3


def test_period_draws_every_second_epoch_and_the_last(tmp_path):
    callback = SampleGrid(tmp_path, num_samples=2, period=2, name="x", animate=False)
    train(TinyModel(), [callback], epochs=3)
    assert names(tmp_path) == ["x"] and names(tmp_path / "x") == epochs(0, 2, 3)


def test_a_resumed_run_keeps_its_pictures_and_a_whole_strip(tmp_path):
    model = TinyModel()
    train(model, [SampleGrid(tmp_path, num_samples=4)], epochs=2)
    start = (tmp_path / "samples" / "epoch-0000.png").read_bytes()
    train(model, [SampleGrid(tmp_path, num_samples=4)], epochs=4, initial_epoch=2)
    assert names(tmp_path / "samples") == epochs(0, 1, 2, 3, 4)
    assert count_frames(tmp_path / "samples.gif") == 5
    # Interrupted within the first epoch: the model is no longer the untrained one.
    train(model, [SampleGrid(tmp_path, num_samples=4)], epochs=1)
    assert (tmp_path / "samples" / "epoch-0000.png").read_bytes() == start


def test_a_new_shorter_run_leaves_longer_runs_out_of_its_strip(tmp_path):
    train(TinyModel(), [SampleGrid(tmp_path, num_samples=4)], epochs=3)
    train(TinyModel(), [SampleGrid(tmp_path, num_samples=4)], epochs=1)
    assert count_frames(tmp_path / "samples.gif") == 2


def test_every_column_of_a_conditional_grid_is_one_class(tmp_path):
    model = TinyModel(num_classes=3)
    callback = SampleGrid(None, num_samples=9)
    train(model, [callback], epochs=1)
    assert model.calls[0]["labels"].tolist() == [0, 1, 2] * 3
    cells = np.repeat(np.float32([0, 0.1, 0.2] * 3), 16).reshape(9, 4, 4)
    title = "TinyModel: samples after epoch 1"
    expected = images.labeled_grid(cells, None, 3, title, None, ["0", "1", "2"])
    np.testing.assert_array_equal(callback.latest, expected)


def test_classes_have_their_names_where_the_model_or_its_data_know_them():
    pictures = []
    for owner in ("model", "data", None):
        model = TinyModel(num_classes=2)
        if owner == "model":
            model.class_names = ["cat", "dog"]
        elif owner == "data":
            model.training_data = SimpleNamespace(class_names=["cat", "dog"])
        callback = SampleGrid(None, num_samples=4, columns=2)
        train(model, [callback], epochs=1)
        pictures.append(callback.latest)
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert pictures[0].shape != pictures[2].shape or (pictures[0] != pictures[2]).any()


@pytest.mark.parametrize(
    "num_classes, shape", [(2, (8, 8)), (10, (6, 10)), (40, (8, 8)), (None, (8, 8))]
)
def test_the_default_grid_has_full_rows_and_one_class_a_column(num_classes, shape):
    model, callback = TinyModel(num_classes=num_classes), SampleGrid(None)
    train(model, [callback], epochs=1)
    assert model.calls[0]["n"] == 64 - 4 * (num_classes == 10)
    labels = None if num_classes is None else np.arange(shape[1]) % num_classes
    if num_classes == 40:
        labels = np.arange(64) % 40
    elif labels is not None:
        labels = np.tile(labels, shape[0])
    expected = images.labeled_grid(
        model.sample(int(np.prod(shape)), labels, seed=0),
        labels,
        shape[1],
        "TinyModel: samples after epoch 1",
    )
    np.testing.assert_array_equal(callback.latest, expected)


def test_given_labels_are_repeated_up_to_the_number_of_samples():
    model = TinyModel(num_classes=10)
    train(model, [SampleGrid(None, num_samples=5, labels=[7, 3])], epochs=1)
    assert model.calls[0]["labels"].tolist() == [7, 3, 7, 3, 7]
    train(model, [SampleGrid(None, num_samples=3, labels=0)], epochs=1)
    assert model.calls[-1]["labels"].tolist() == [0, 0, 0]


def test_points_become_a_scatter_plot_over_the_training_data(tmp_path):
    class Data:
        def spread(self, n):
            return np.zeros((n, 2), "float32") + [100.0, 0.0], None

    model, callback = TinyModel(points=True), SampleGrid(tmp_path, num_samples=50)
    train(model, [callback], epochs=1)
    assert callback.latest.shape == (512, 512, 3)
    blue = callback.latest[..., 2].astype(int) - callback.latest[..., 0] > 80
    assert blue.sum() > 50
    model.training_data = Data()
    train(model, [callback], epochs=1)
    blue = callback.latest[..., 2].astype(int) - callback.latest[..., 0] > 80
    assert not blue.any()  # The axes now follow the data, which lie elsewhere.


def test_a_disk_that_fails_costs_one_warning_and_no_training(tmp_path):
    (tmp_path / "samples").write_text("a file where the folder should be")
    model, callback = TinyModel(), SampleGrid(tmp_path, num_samples=4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = train(model, [callback], epochs=3)
    ours = [str(w.message) for w in caught if "SampleGrid" in str(w.message)]
    assert len(ours) == 1 and str(tmp_path / "samples" / "epoch-0000.png") in ours[0]
    assert len(history.epoch) == 3 and callback.latest_step == 12


def test_samples_that_are_not_finite_are_drawn_black_with_a_warning():
    class Broken(TinyModel):
        def sample(self, *args, **kwargs):
            samples = super().sample(*args, **kwargs)
            samples[0] = np.nan
            return samples

    callback = SampleGrid(None, num_samples=4)
    with pytest.warns(UserWarning, match="16 of 64 values .* NaN or infinite"):
        train(Broken(), [callback], epochs=1)
    left, right = callback.latest[-260:-8, :260], callback.latest[-260:-8, 300:]
    assert np.all(callback.latest[60:200, 8:200] == 0)
    assert np.all(left > 0) and np.all(right > 0)


def test_an_error_of_the_model_is_raised():
    class Broken(TinyModel):
        def sample(self, *args, **kwargs):
            raise OSError("from the model")

    with pytest.raises(OSError, match="from the model"):
        train(Broken(), [SampleGrid(None)], epochs=1)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"directory": 3}, TypeError, "directory=3"),
        ({"num_samples": 0}, ValueError, "num_samples=0"),
        ({"period": 0}, ValueError, "period=0"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"columns": 0}, ValueError, "columns=0"),
        ({"labels": [0, 1], "num_samples": 1}, ValueError, r"labels=\[0, 1\]"),
        ({"labels": [0.5]}, TypeError, r"labels=\[0.5\]"),
        ({"name": "a/b"}, ValueError, "name='a/b'"),
    ],
)
def test_arguments_are_checked(arguments, error, message):
    with pytest.raises(error, match=f"Received: .*{message}"):
        SampleGrid(**{"directory": None, **arguments})
