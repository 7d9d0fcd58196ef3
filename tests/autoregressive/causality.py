"""Exact checks of autoregressive models: order, mass, and cached against full passes.

In float64 on TensorFlow. JAX has it only where it is switched on at the start,
and on PyTorch Keras's matrix product returns float32: there the checks run in float32,
in which a masked weight is an exact zero too.
"""

import itertools
import math

import keras
import numpy as np
from keras import ops

from kerasgen import backend

FLOAT = "float64" if keras.backend.backend() == "tensorflow" else "float32"
MASS_TOLERANCE = {"float32": 1e-5, "float64": 1e-12}[FLOAT]


def randomize(model, scale=1.0, seed=0):
    """Gives all trainable weights normal values and returns the model."""
    generator = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(scale * generator.normal(size=variable.shape))
    return model


def make_positive(model):
    """Makes all weights positive: nothing cancels, and every unit is alive."""
    for variable in model.trainable_variables:
        variable.assign(ops.abs(variable.value))
    return model


def all_images(image_shape, levels):
    """Returns every image there is, as floats."""
    values = itertools.product(range(levels), repeat=math.prod(image_shape))
    images = np.array(list(values), "float32").reshape(-1, *image_shape)
    return images / (levels - 1)


def jacobian_function(model, training=True):
    """Returns a function from one image of levels to `d logits_i / d x_j`.

    Rows and columns are sub-pixels in generation order. Compiled on JAX, where each
    operation would be compiled alone otherwise.

    Args:
        model: model without classes.
        training: bool.
    """
    size = math.prod(model.image_shape)
    weights = np.random.default_rng(1).normal(size=model.levels)
    eye = np.eye(size)[..., None] * weights

    def diagonal(x):
        logits = model.compute_logits(x, None, training)
        logits = ops.reshape(logits, (size, size, -1))
        return ops.sum(logits * ops.cast(eye, logits.dtype))

    def gradient(copies):
        return backend.input_gradient(diagonal, copies)

    if keras.backend.backend() == "jax":
        gradient = backend.compile_function(model, gradient)

    def jacobian(levels):
        copies = np.repeat(levels[None].astype(FLOAT), size, 0)
        return ops.convert_to_numpy(gradient(copies)).reshape(size, size)

    return jacobian


def logit_jacobian(model, levels, training=True):
    """Returns the Jacobian at one image, see `jacobian_function`."""
    return jacobian_function(model, training)(levels)


def check_causal(model, seeds=2):
    """Checks that no logit depends on its own or a later sub-pixel, in both modes.

    Args:
        model: model without classes and with random weights.
        seeds: int. Random images to differentiate at, in each mode.
    """
    generator = np.random.default_rng(0)
    for training in (True, False):
        jacobian = jacobian_function(model, training)
        for _ in range(seeds):
            x = generator.integers(0, model.levels, model.image_shape)
            found = jacobian(x)
            np.testing.assert_array_equal(np.triu(found), 0.0)
            assert np.isfinite(found).all()
            assert (found != 0.0).any()


def reachable(model):
    """Returns a bool matrix: which logits depend on which sub-pixels at all."""
    x = np.full(model.image_shape, model.levels - 1)
    return logit_jacobian(make_positive(model), x) != 0.0


def check_dense(model):
    """Checks that every logit sees all that comes before it: no blind spot."""
    seen = reachable(model)
    np.testing.assert_array_equal(seen, np.tril(np.ones_like(seen), -1))


def check_mass(model, labels=None, tolerance=MASS_TOLERANCE):
    """Checks that the probabilities of all images sum to 1.

    In one batch, and again image by image for a few: a statistic over the batch that
    leaks would hide in the sum.
    """
    images = all_images(model.image_shape, model.levels)
    options = {}
    if labels is not None:
        options["labels"] = np.full(len(images), labels, "int32")
    nats = model.log_prob(images, batch_size=len(images), **options)
    nats = nats.astype("float64")
    assert abs(np.exp(nats).sum() - 1.0) < tolerance
    assert nats.std() > 0.1  # not just the uniform distribution
    few = slice(0, 5)
    options = {key: value[few] for key, value in options.items()}
    single = model.log_prob(images[few], batch_size=1, **options)
    np.testing.assert_allclose(single, nats[few], rtol=1e-5, atol=1e-5)


def check_cached_equals_full(model, num_samples=7, batch_sizes=(1, 2, 7)):
    """Checks that cached sampling draws the integers of full passes.

    Args:
        model: model with random weights, of classes or not.
        num_samples: int.
        batch_sizes: ints.
    """
    labels = None
    if model.num_classes is not None:
        labels = np.arange(num_samples) % model.num_classes
    expected = model.sample(num_samples, labels, seed=0, method="full")
    assert len(np.unique(expected)) > 1
    for batch_size in batch_sizes:
        images = model.sample(num_samples, labels, seed=0, batch_size=batch_size)
        np.testing.assert_array_equal(images, expected)


def cached_logits(model, levels, labels=None):
    """Returns the logits that cached sampling computes when fed the image `levels`."""
    batch, height, width, channels = levels.shape
    found = np.full((*levels.shape, model.levels), np.nan)
    weights, cache = model.step_weights(labels), model.init_cache(batch)
    for row in range(height):
        cache = model.begin_row(weights, cache)
        for col in range(width):
            for channel in range(channels):
                logits, cache = model.step(weights, cache, col, channel)
                found[:, row, col, channel] = ops.convert_to_numpy(logits)
                value = model.scale_levels(levels[:, row, col, channel])[:, None]
                cache = model.observe(weights, cache, value, col, channel)
    return found


def check_cached_logits(model, tolerance=1e-5):
    """Checks that cached logits equal those of one pass."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, model.levels, (2, *model.image_shape), "int32")
    labels = None if model.num_classes is None else ops.convert_to_tensor([0, 1])
    expected = ops.convert_to_numpy(model.compute_logits(x, labels, False))
    found = cached_logits(model, x, labels)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=10 * tolerance)
