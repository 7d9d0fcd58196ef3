"""Gates that keep colour groups apart."""

import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.gated_conv import GatedConv2D, gate
from kerasgen.layers.masked_conv2d import group_bounds


@pytest.mark.parametrize("groups", [1, 3])
def test_gate_is_tanh_times_sigmoid_within_each_group(groups):
    x = np.random.default_rng(0).normal(size=(2, 3, 12)).astype("float32")
    found = ops.convert_to_numpy(gate(ops.convert_to_tensor(x), groups))
    ends, half = group_bounds(12, groups), group_bounds(6, groups)
    for group in range(groups):
        f, g = np.split(x[..., ends[group] : ends[group + 1]], 2, axis=-1)
        np.testing.assert_allclose(
            found[..., half[group] : half[group + 1]],
            np.tanh(f) / (1.0 + np.exp(-g)),
            rtol=1e-5,
        )


def test_first_row_of_the_horizontal_stream_gets_nothing_from_above():
    """The vertical stream is moved down a row: on top are zeros, not its bias."""
    layer = GatedConv2D(2, 3, "A")
    layer.build((None, 3, 4, 1))
    generator = np.random.default_rng(0)
    for weight in layer.trainable_variables:
        weight.assign(generator.normal(size=weight.shape))
    x = ops.convert_to_tensor(generator.normal(size=(1, 3, 4, 1)).astype("float32"))
    zeros = ops.zeros_like(x)
    first, alone = (ops.convert_to_numpy(layer(v, x)[1]) for v in (x, zeros))
    np.testing.assert_array_equal(first[:, 0], alone[:, 0])
    assert np.all(np.abs(first[:, 1:] - alone[:, 1:]).max(-1) > 0)


def test_config_returns():
    layer = GatedConv2D(6, 5, "B", 3, num_classes=4, condition_channels=2)
    again = GatedConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    for built in (layer, again):
        built.build((None, 4, 4, 6))
    assert [w.shape for w in layer.weights] == [w.shape for w in again.weights]


def test_images_of_one_row_leave_the_memory_whole():
    """TensorFlow's own broadcast product ends the process here, on some CPUs."""
    generator = np.random.default_rng(0)
    layer = GatedConv2D(16, 3, "B", condition_channels=4)
    layer.build((None, 1, 40, 16))
    function = backend.compile_function(
        layer, lambda v, h, c: layer(v, h, None, c)[1], jit_compile=False
    )
    for _ in range(60):
        v, h = generator.normal(size=(2, 20, 1, 40, 16)).astype("float32")
        given = generator.normal(size=(20, 1, 40, 4)).astype("float32")
        assert np.isfinite(ops.convert_to_numpy(function(v, h, given))).all()
