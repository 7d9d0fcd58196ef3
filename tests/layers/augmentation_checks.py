"""What the tests of all augmentations check alike."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend


def uniform(batch, draws, seed=0):
    """Returns draws that are the same on every backend."""
    rng = np.random.default_rng(seed)
    return rng.uniform(size=(batch, draws)).astype("float32")


def check_gradients(layer, x):
    """Finds gradients of both orders to be those of finite differences.

    The layer is linear in images, up to a constant, so the differences are exact but
    for rounding. The penalty is `|d/dx sum(w v tanh(layer(x)))|^2`, whose gradient by
    the scalar `w` and by `x` goes through the layer twice.
    """
    rng = np.random.default_rng(1)
    u = uniform(len(x), layer.draws)
    weights = ops.convert_to_tensor(rng.normal(size=x.shape).astype("float32"))
    step = 0.5 * rng.normal(size=x.shape).astype("float32")
    x, far = ops.convert_to_tensor(x), ops.convert_to_tensor(step)

    def total(x):
        return ops.sum(weights * layer.transform(x, u), axis=(1, 2, 3))

    slope = ops.convert_to_numpy(backend.input_gradient(total, x))
    expected = ops.convert_to_numpy(total(x + far) - total(x - far)) / 2.0
    found = np.sum(slope * step, axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    assert np.abs(slope).max() > 0.1

    scale = keras.Variable(1.5)

    def penalty(x):
        def bent(x):
            y = ops.tanh(layer.transform(x, u))
            return ops.sum(scale * weights * y, axis=(1, 2, 3))

        return ops.sum(ops.square(backend.input_gradient(bent, x)))

    (value, _), (slope,) = backend.value_and_grad(lambda: (penalty(x), {}), [scale])
    value, slope = (float(ops.convert_to_numpy(part)) for part in (value, slope))
    assert value > 0.1
    np.testing.assert_allclose(slope, 2.0 * value / 1.5, rtol=1e-4)
    slope = ops.convert_to_numpy(backend.input_gradient(penalty, x))
    near = 1e-2 * far
    difference = ops.convert_to_numpy(penalty(x + near) - penalty(x - near))
    np.testing.assert_allclose(
        2e-2 * np.sum(slope * step), difference, rtol=2e-2, atol=2e-3
    )


def check_saving(layer, x):
    """Returns the layer as it is loaded again, which answers the same."""
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    stored = {}
    layer.save_own_variables(stored)
    stored = {key: backend.to_numpy(value) for key, value in stored.items()}
    expected = ops.convert_to_numpy(layer(x, seed=3))
    again.build(x.shape)
    again.load_own_variables(stored)
    found = ops.convert_to_numpy(again(x, seed=3))
    np.testing.assert_array_equal(found, expected)
    return again
