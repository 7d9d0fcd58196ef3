"""The faster forms on PyTorch compute what Keras computes."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="PyTorch alone"
)


SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
ADAMS = {
    "schedule": lambda: keras.optimizers.Adam(SCHEDULE, beta_1=0.5, epsilon=1e-2),
    "no momentum": lambda: keras.optimizers.Adam(0.1, beta_1=0.0, beta_2=0.9),
    "decay": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "clip": lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.5),
    "accumulate": lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
    "average": lambda: keras.optimizers.Adam(0.1, use_ema=True),
    "amsgrad": lambda: keras.optimizers.Adam(0.1, amsgrad=True),
}


def _train(optimizer, dtype="float32"):
    """Returns variables and slots after four updates."""
    generator = np.random.default_rng(0)
    shapes = [(3, 2), (), (5,)]
    values = [generator.normal(size=shape) for shape in shapes]
    variables = [keras.Variable(value, dtype=dtype) for value in values]
    if not optimizer.built:
        optimizer.build(variables)
    for _ in range(4):
        gradients = [generator.normal(size=shape) for shape in shapes]
        gradients = [ops.convert_to_tensor(g, dtype) for g in gradients]
        optimizer.apply(gradients, variables)
    return [backend.to_numpy(v) for v in (*variables, *optimizer.variables)]


@pytest.mark.parametrize("kind", ADAMS)
def test_the_fused_adam_takes_the_steps_of_keras(kind):
    plain, fused = ADAMS[kind](), ADAMS[kind]()
    backend.speed_up(fused)
    for ours, theirs in zip(_train(fused), _train(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("transpose_variable", [False, True])
def test_the_fused_adam_reads_gradients_with_strides(transpose_variable):
    """As those of convolution kernels are, which are no flat memory."""
    generator = np.random.default_rng(0)
    results = []
    value, gradients = generator.normal(size=(3, 4)), generator.normal(size=(5, 4, 3))
    for fuse in (False, True):
        optimizer, variable = keras.optimizers.Adam(0.1), keras.Variable(value)
        if transpose_variable:
            variable.value.data = variable.value.data.T.contiguous().T
        optimizer.build([variable])
        if fuse:
            backend.speed_up(optimizer)
        for gradient in gradients:
            gradient = ops.transpose(ops.convert_to_tensor(gradient, "float32"))
            assert not gradient.is_contiguous()
            optimizer.apply([gradient], [variable])
        results.append(backend.to_numpy(variable))
    np.testing.assert_allclose(*results, rtol=2e-5, atol=1e-6)


def test_a_convolution_takes_the_steps_of_keras_under_the_fused_adam():
    results = []
    for fuse in (False, True):
        keras.utils.set_random_seed(0)
        layer, optimizer = layers.Conv2D(4, 3), keras.optimizers.Adam(0.1)
        layer.build((None, 6, 6, 2))
        optimizer.build(layer.trainable_variables)
        if fuse:
            backend.speed_up(optimizer)
        x = np.random.default_rng(0).normal(size=(2, 6, 6, 2)).astype("float32")

        def loss_fn(layer=layer, x=x):
            return ops.mean(ops.square(layer(x) - 1.0)), {}

        for _ in range(3):
            _, gradients = backend.value_and_grad(loss_fn, layer.trainable_variables)
            optimizer.apply(gradients, layer.trainable_variables)
        results.append(backend.to_numpy(layer.kernel))
    np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-4)


def test_an_adam_of_float16_weights_is_left_to_keras():
    plain, fused = ADAMS["clip"](), ADAMS["clip"]()
    backend.speed_up(fused)
    pairs = zip(_train(fused, "float16"), _train(plain, "float16"), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)


def test_convolutions_read_images_where_they_lie():
    """No copy, the same numbers, and Keras's own function is back afterwards."""
    from keras.src.backend.torch import nn

    from kerasgen.backend.torch_kernels import no_copies

    original = nn._transpose_spatial_inputs
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype("float32")
    for kind in (layers.Conv2D, layers.Conv2DTranspose):
        layer = kind(4, 3, strides=2, padding="same")
        expected = layer(x)
        with no_copies():
            received = layer(x)
            image = ops.convert_to_tensor(x)
            view = nn._transpose_spatial_inputs(image)
        assert view.data_ptr() == image.data_ptr()
        assert view.shape == (2, 3, 6, 5)
        np.testing.assert_allclose(
            ops.convert_to_numpy(received), ops.convert_to_numpy(expected), atol=1e-6
        )
    assert nn._transpose_spatial_inputs is original
