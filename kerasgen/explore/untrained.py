"""A network as it was before it was trained: what its architecture alone is worth."""

import contextlib
import random

import keras

from kerasgen import backend
from kerasgen.arguments import check_int
from kerasgen.explore.convolutions import calls_changed, layers_of
from kerasgen.explore.passes import seeing
from kerasgen.images.values import to_float
from kerasgen.training.generative_model import GenerativeModel

STATISTICS_OF = 256  # images


def untrained(model, x, part=None, seed=0):
    """Returns the `Pass` of a network with random weights through which images go.

    Its layers' own initializers draw the weights. Batch normalisation has the mean and
    the variance of the first 256 images, without which the layers of an untrained
    network would differ in scale by orders of magnitude.

    Args:
        model: as in `seeing`, with the weights that are left alone.
        x: images.
        part: as in `seeing`.
        seed: int. Of the weights.
    """
    check_int("seed", seed, 0)
    config = model.get_config()
    with _drawn_from(seed):
        if isinstance(model, GenerativeModel):
            twin = type(model).from_config({**config, "seed": seed, "name": None})
        else:
            twin = keras.models.clone_model(model)
    # What is no weight of a layer, such as the stage of a growing network.
    states = (model._non_trainable_variables, twin._non_trainable_variables)
    for own, other in zip(*states, strict=False):
        if own.shape == other.shape:
            other.assign(own)
    found = seeing(twin, x, part)
    images = keras.ops.convert_to_tensor(to_float(x[:STATISTICS_OF]))
    normalized = [
        layer
        for layer in layers_of(twin)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    with backend.no_gradient(), calls_changed(normalized, _measured):
        found.run(images)
    return found


def _measured(layer, number, call, inputs):
    """Gives a normalisation the statistics of its inputs, then calls it."""
    axes = list(range(len(inputs[0].shape)))
    del axes[layer.axis]
    x = keras.ops.cast(inputs[0], "float32")
    mean, variance = keras.ops.moments(x, axes)
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(variance)
    return call(*inputs)


@contextlib.contextmanager
def _drawn_from(seed):
    """Returns a context in which initializers without a seed draw theirs from one."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
