import numpy as np
import pytest

from kerasgen import images

pytestmark = pytest.mark.any_backend


def test_grid_places_every_image_and_leaves_missing_cells_white():
    x = np.arange(5, dtype="uint8").reshape(5, 1, 1, 1) * np.ones((1, 2, 3, 1), "uint8")
    picture = images.grid(x, columns=3, padding=1)
    assert picture.shape == (2 * 2 + 3, 3 * 3 + 4, 1) and picture.dtype == np.uint8
    expected = np.full((7, 13), 255)
    for i in range(5):
        row, column = divmod(i, 3)
        expected[1 + 3 * row : 3 + 3 * row, 1 + 4 * column : 4 + 4 * column] = i
    np.testing.assert_array_equal(picture[..., 0], expected)


@pytest.mark.parametrize(
    "shape, columns, expected",
    [
        ((7, 4, 5), None, (12, 15, 1)),
        ((7, 4, 5, 3), None, (12, 15, 3)),
        ((3, 4, 5, 1), 8, (4, 15, 1)),
        ((1, 4, 5, 3), None, (4, 5, 3)),
    ],
)
def test_grid_is_nearly_square_for_any_batch(shape, columns, expected):
    picture = images.grid(np.zeros(shape), columns=columns, padding=0)
    assert picture.shape == expected


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (4, 4), (1, 2, 4, 4, 1)])
def test_grid_refuses_what_is_no_batch_of_images(shape):
    with pytest.raises(ValueError, match="Received: images of shape"):
        images.grid(np.zeros(shape, "uint8"))


def test_grid_refuses_bad_columns_and_padding():
    x = np.zeros((2, 4, 4, 1), "uint8")
    with pytest.raises(ValueError, match="`columns`.*Received: columns=0"):
        images.grid(x, columns=0)
    with pytest.raises(TypeError, match="`padding`.*Received: padding=1.5"):
        images.grid(x, padding=1.5)
