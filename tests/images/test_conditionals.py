import numpy as np
import pytest

from kerasgen import images

pytestmark = pytest.mark.any_backend


def test_conditionals_show_expectation_and_entropy():
    x = np.zeros((2, 1, 1, 1), "float32")
    p = np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.0, 1.0]])
    picture = images.conditionals_grid(x, p.reshape(2, 1, 1, 1, 4), title="A model")
    cells = np.float32([0, 0, 128, 255, 255, 0]).reshape(6, 1, 1) / 255
    rows = ["image", "expected", "entropy"]
    expected = images.labeled_grid(cells, None, 2, "A model", rows)
    np.testing.assert_array_equal(picture, expected)
    with pytest.raises(ValueError, match="`probabilities` must have.*Received"):
        images.conditionals_grid(x, p)
