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
from tests.eagerly import eagerly

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


def _gradient_function(model, fn):
    """Returns the gradient of a sum; compiled on JAX, where each operation would be
    compiled alone otherwise."""

    def gradient(x):
        return backend.input_gradient(fn, x)

    compiled = keras.backend.backend() == "jax"
    return backend.compile_function(model, gradient) if compiled else gradient


def jacobian_function(model, training=True):
    """Returns a function from one image of levels to `d logits_i / d x_j`.

    Rows and columns are sub-pixels in generation order.

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

    gradient = _gradient_function(model, diagonal)

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


def check_cached_equals_full(model, num_samples=3, batch_sizes=(1, 3)):
    """Checks that cached sampling draws the integers of full passes.

    With more than one size the last is drawn compiled on TensorFlow as well.

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
        compiled = batch_size == batch_sizes[-1] and len(batch_sizes) > 1
        with eagerly(not compiled):
            model.forget_functions()  # which may be those that run eagerly
            images = model.sample(num_samples, labels, seed=0, batch_size=batch_size)
        np.testing.assert_array_equal(images, expected)


def check_first_pixel_is_constant(model):
    """Checks that the first pixel's logits depend on nothing, and the last one's do."""
    x = np.random.default_rng(0).random((5, *model.image_shape)).astype("float32")
    function = backend.compile_function(model, model)
    logits = ops.convert_to_numpy(function(x))
    # At the same place of a batch: the order of a sum may depend on it.
    for shift in range(1, 5):
        other = ops.convert_to_numpy(function(np.roll(x, shift, axis=0)))
        np.testing.assert_array_equal(logits[:, 0, 0], other[:, 0, 0])
    assert np.ptp(logits[:, -1, -1], axis=0).max() > 0.1


def feature_jacobian(model):
    """Returns `d features_i / d x_j` over whole pixels, `(pixels, pixels, channels)`.

    Args:
        model: model with `compute_features` and random weights, without classes.
    """
    height, width, channels = model.image_shape
    pixels = height * width
    eye = np.eye(pixels)[..., None] * np.arange(1.0, model.filters + 1)

    def diagonal(x):
        features = model.compute_features(x, None, True)
        features = ops.reshape(features, (pixels, pixels, -1))
        return ops.sum(features * ops.cast(eye, features.dtype))

    x = np.random.default_rng(0).normal(size=(1, *model.image_shape)).astype(FLOAT)
    gradient = _gradient_function(model, diagonal)(np.repeat(x, pixels, 0))
    return ops.convert_to_numpy(gradient).reshape(pixels, pixels, channels)


def check_labels_choose_rows(model):
    """Checks that with the class biases' rows in reverse labels are in reverse.

    Args:
        model: model of classes, with random weights.
    """
    classes = np.arange(model.num_classes)
    x = np.zeros((len(classes), *model.image_shape), "float32")
    logits = ops.convert_to_numpy(model([x, classes]))
    assert not np.allclose(logits[0], logits[1])
    for variable in model.trainable_variables:
        if variable.name == "class_bias":
            variable.assign(ops.flip(variable.value, axis=0))
    flipped = ops.convert_to_numpy(model([x, classes]))
    np.testing.assert_allclose(flipped, logits[::-1], rtol=1e-4, atol=1e-4)


def cached_logits(model, levels, given=None):
    """Returns the logits that cached sampling computes when fed the image `levels`.

    Compiled; NaN where the loop over the pixels left something out.

    Args:
        model: model with random weights.
        levels: int array `(batch, height, width, channels)`.
        given: what `step_weights` takes: labels, or None.
    """
    batch, height, width, channels = levels.shape

    def run(x):
        weights = model.step_weights(given)

        def draw_row(row, state):
            found, cache = state
            cache = model.begin_row(weights, cache)

            def draw_pixel(col, state):
                found, cache = state
                for channel in range(channels):
                    place = [0, row, col, channel]
                    logits, cache = model.step(weights, cache, col, channel)
                    found = ops.slice_update(
                        found, [*place, 0], logits[:, None, None, None]
                    )
                    level = ops.slice(x, place, (batch, 1, 1, 1))[:, 0, 0, 0]
                    value = model.scale_levels(level[:, None])
                    cache = model.observe(weights, cache, value, col, channel)
                return found, cache

            return ops.fori_loop(0, width, draw_pixel, (found, cache))

        found = ops.full((*x.shape, model.levels), np.nan, dtype="float32")
        state = (found, model.init_cache(batch))
        return ops.fori_loop(0, height, draw_row, state)[0]

    return ops.convert_to_numpy(backend.compile_function(model, run)(levels))


def check_cached_logits(model, rtol=1e-5):
    """Checks that cached logits equal those of one pass."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, model.levels, (2, *model.image_shape), "int32")
    labels = None if model.num_classes is None else ops.convert_to_tensor([0, 1])
    full = backend.compile_function(
        model, lambda x: model.compute_logits(x, labels, False)
    )
    expected = ops.convert_to_numpy(full(x))
    found = cached_logits(model, x, labels)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-4)
