"""Labels joined to vectors and images."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.labels import join_label_maps, join_label_vector

LABELS = np.array([2, 0], "int32")


def test_vector_gets_one_hot_labels_behind():
    x = np.float32([[5.0, 6.0], [7.0, 8.0]])
    joined = ops.convert_to_numpy(join_label_vector(x, LABELS, 3))
    np.testing.assert_array_equal(joined, [[5, 6, 0, 0, 1], [7, 8, 1, 0, 0]])


def test_image_gets_one_constant_map_a_class():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 2)).astype("float32")
    joined = ops.convert_to_numpy(join_label_maps(x, LABELS, 3))
    assert joined.shape == (2, 3, 4, 5)
    np.testing.assert_array_equal(joined[..., :2], x)
    for example, label in enumerate(LABELS):
        maps = joined[example, ..., 2:]
        np.testing.assert_array_equal(
            maps, np.broadcast_to(np.eye(3)[label], (3, 4, 3))
        )


@pytest.mark.parametrize("join", [join_label_vector, join_label_maps])
def test_unconditional_models_get_the_data_alone(join):
    x = np.zeros((2, 3), "float32")
    assert join(x, None, None) is x


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_labels_take_the_dtype_of_the_data(dtype):
    x = ops.cast(np.zeros((2, 3), "float32"), dtype)
    assert join_label_vector(x, LABELS, 3).dtype == x.dtype
    x = ops.cast(np.zeros((2, 3, 3, 1), "float32"), dtype)
    assert join_label_maps(x, LABELS, 3).dtype == x.dtype
