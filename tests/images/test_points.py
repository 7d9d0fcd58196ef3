import numpy as np
import pytest

from kerasgen import images

pytestmark = pytest.mark.any_backend


def blue(figure):
    return (figure[..., 2].astype(int) - figure[..., 0]) > 80


def test_points_figure_draws_points_where_they_are():
    corners = np.float32([[-1, -1], [1, 1]])
    figure = images.points_figure(np.float32([[0.9, 0.9]]), corners)
    assert figure.shape == (512, 512, 3) and figure.dtype == np.uint8
    rows, columns = np.nonzero(blue(figure))
    assert len(rows) and rows.max() < 256 and columns.min() > 256


def test_points_figure_leaves_out_values_that_are_not_finite():
    points = np.float32([[np.nan, 0], [np.inf, 0], [0, 0], [1, 1]])
    assert blue(images.points_figure(points)).any()
    assert not blue(images.points_figure(np.full((3, 2), np.nan, "float32"))).any()
    with pytest.raises(ValueError, match=r"Received: points of shape \(3, 3\)"):
        images.points_figure(np.zeros((3, 3)))
