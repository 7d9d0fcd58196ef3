import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen.callbacks import ReconstructionGrid
from tests.callbacks.tiny import TinyModel, train


def pictures(n=8, channels=1):
    rng = np.random.default_rng(0)
    return rng.random((n, 4, 4, channels)).astype("float32")


def cell(picture, row, column):
    return picture[2 + 6 * row : 6 + 6 * row, 2 + 6 * column : 6 + 6 * column]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_row_of_images_then_a_row_of_their_reconstructions(tmp_path, channels):
    x = pictures(channels=channels)
    callback = ReconstructionGrid(x, tmp_path, num_images=6)
    train(TinyModel(channels=channels), [callback])
    saved = tmp_path / "reconstructions"
    files = sorted(path.name for path in saved.iterdir())
    assert files == ["epoch-0000.png", "epoch-0001.png", "epoch-0002.png"]
    # 12 cells: 4 columns, two pairs of rows, the second pair half empty.
    assert callback.latest.shape == (4 * 6 + 2, 4 * 6 + 2, channels)
    for i in range(6):
        row, column = divmod(i, 4)
        original = np.round(x[i] * 255)
        np.testing.assert_array_equal(cell(callback.latest, 2 * row, column), original)
        output = np.round(x[i] * 0.5 * 255)
        np.testing.assert_array_equal(
            cell(callback.latest, 2 * row + 1, column), output
        )
    assert np.all(cell(callback.latest, 2, 2) == 255)
    with Image.open(saved / "epoch-0002.png") as file:
        pixels = np.asarray(file)
    np.testing.assert_array_equal(pixels.ravel(), callback.latest.ravel())


def test_data_sets_and_pairs_give_their_first_images_and_labels():
    class Data(keras.utils.PyDataset):
        def take(self, n):
            return pictures(20)[:n], np.arange(n)

        def __len__(self):
            return 1

        def __getitem__(self, index):
            raise AssertionError("a shuffled batch was read")

    class Conditional(TinyModel):
        def reconstruct(self, x, labels=None):
            return np.full_like(x, 1.0) * (labels / 10).reshape(-1, 1, 1, 1)

    for data in (Data(), (pictures(20), np.arange(20))):
        callback = ReconstructionGrid(data, None, num_images=4)
        train(Conditional(num_classes=10), [callback], epochs=1)
        assert cell(callback.latest, 1, 2).max() == 51
        np.testing.assert_array_equal(
            cell(callback.latest, 0, 2), np.round(pictures(20)[2] * 255)
        )


def test_points_become_a_scatter_plot():
    points = np.random.default_rng(0).normal(size=(9, 2)).astype("float32")
    callback = ReconstructionGrid(points, None)
    train(TinyModel(points=True), [callback], epochs=1)
    assert callback.latest.shape == (400, 400, 3)


def test_what_cannot_be_drawn_is_refused():
    class Flat(TinyModel):
        def reconstruct(self, x):
            return x.reshape(len(x), -1)

    with pytest.raises(ValueError, match=r"reconstructions of shape \(8, 16\)"):
        train(Flat(), [ReconstructionGrid(pictures(), None)], epochs=1)
    with pytest.raises(ValueError, match="Received: model=Sequential"):
        ReconstructionGrid(pictures(), None).set_model(keras.Sequential())
    with pytest.raises(TypeError, match="Received: data of type str"):
        ReconstructionGrid("digits", None)
    with pytest.raises(ValueError, match=r"Received: data of shape \(0, 4, 4, 1\)"):
        ReconstructionGrid(pictures(0), None)
