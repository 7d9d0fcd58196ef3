import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen import images
from kerasgen.callbacks import ReconstructionGrid
from kerasgen.data import Dataset
from tests.callbacks.tiny import TinyModel, train

pytestmark = pytest.mark.any_backend


def pictures(n=8, channels=1):
    rng = np.random.default_rng(0)
    return rng.random((n, 4, 4, channels)).astype("float32")


def layout(rows, labels=None):
    return images.labeled_grid(
        np.concatenate(rows),
        labels,
        4,
        "TinyModel: reconstructions after epoch 2",
        ["image", "reconstruction"] * (len(rows) // 2),
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_a_row_of_images_then_a_row_of_their_reconstructions(tmp_path, channels):
    x = pictures(channels=channels)[:6]
    callback = ReconstructionGrid(x, tmp_path)
    train(TinyModel(channels=channels), [callback])
    saved = tmp_path / "reconstructions"
    files = sorted(path.name for path in saved.iterdir())
    assert files == ["epoch-0000.png", "epoch-0001.png", "epoch-0002.png"]
    # 12 cells: 4 columns, two pairs of rows, the second pair half empty.
    white = np.ones((2, 4, 4, channels), "float32")
    half = x * np.float32(0.5)
    rows = [x[:4], half[:4], *(np.concatenate([p[4:], white]) for p in (x, half))]
    np.testing.assert_array_equal(callback.latest, layout(rows))
    with Image.open(saved / "epoch-0002.png") as file:
        pixels = np.asarray(file)
    np.testing.assert_array_equal(pixels.ravel(), callback.latest.ravel())


@pytest.mark.parametrize("kind", ["data set", "pair", "array"])
def test_data_sorted_by_class_show_every_class(kind):
    class Conditional(TinyModel):
        def reconstruct(self, x, labels=None):
            np.testing.assert_allclose(x[:, 0, 0, 0], labels / 10, rtol=1e-6)
            return x

    class Plain(TinyModel):
        def reconstruct(self, x):
            return x

    labels = np.repeat(np.arange(4), 50)
    x = np.zeros((200, 4, 4, 1), "float32") + labels.reshape(-1, 1, 1, 1) / 10
    if kind == "array":
        data, model = x, Plain()
    else:
        data, model = (x, labels), Conditional(num_classes=10)
    if kind == "data set":
        data = Dataset(*data, class_names=["ant", "bee", "cat", "dog"])
    callback = ReconstructionGrid(data, None, num_images=8)
    train(model, [callback])
    rows = np.repeat(np.float32([0, 0.1, 0.2, 0.3]), 32).reshape(2, 4, 4, 4, 1)
    names = {"pair": ["0", "0", "1", "1", "2", "2", "3", "3"], "array": [""] * 8}
    names = names.get(kind, ["ant", "ant", "bee", "bee", "cat", "cat", "dog", "dog"])
    names = [*names[:4], *[""] * 4, *names[4:], *[""] * 4]
    expected = layout([rows[0], rows[0], rows[1], rows[1]], names)
    # Below the title, which names the model's class.
    np.testing.assert_array_equal(callback.latest[30:], expected[30:])


def test_points_become_a_scatter_plot():
    points = np.random.default_rng(0).normal(size=(9, 2)).astype("float32")
    callback = ReconstructionGrid(points, None)
    train(TinyModel(points=True), [callback], epochs=1)
    assert callback.latest.shape == (512, 512, 3)


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
