import numpy as np
import pytest
from keras import ops

from kerasgen import images

pytestmark = pytest.mark.any_backend


def test_uint8_and_float_are_inverse_on_all_256_values():
    x = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
    floats = images.to_float(x)
    assert floats.dtype == np.float32 and floats.min() == 0 and floats.max() == 1
    np.testing.assert_array_equal(images.to_uint8(floats), x)
    np.testing.assert_array_equal(images.to_uint8(ops.convert_to_tensor(floats)), x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "bool"])
def test_to_uint8_takes_tensors_of_any_float(dtype):
    x = ops.cast(ops.convert_to_tensor([[0.0, 1.0]]), dtype)
    assert images.to_uint8(x).tolist() == [[0, 255]]


def test_to_uint8_forgives_rounding_of_the_last_activation_only():
    assert images.to_uint8(np.float32([-1e-4, 1 + 1e-4])).tolist() == [0, 255]
    with pytest.raises(ValueError, match=r"\[0, 1\].*Received: x with values in \[-1"):
        images.to_uint8(np.float32([-1.0, 1.0]))
    with pytest.raises(ValueError, match="Received: x with 2 values of 3"):
        images.to_uint8(np.float32([np.nan, np.inf, 0.0]))
    with pytest.raises(TypeError, match="Received: x of dtype int64"):
        images.to_uint8(np.arange(3))
