"""Guided backpropagation: which pixels of an image make a filter answer.

Springenberg, Dosovitskiy, Brox and Riedmiller, 2015, "Striving for Simplicity: The All
Convolutional Net", https://arxiv.org/abs/1412.6806, section 3.4.
"""

import contextlib

import keras
import numpy as np
from keras import layers, ops

from kerasgen import backend
from kerasgen.arguments import check_int
from kerasgen.explore.convolutions import calls_changed, layers_of, rows_of
from kerasgen.explore.passes import seeing
from kerasgen.explore.result import Exploration
from kerasgen.explore.untrained import untrained
from kerasgen.images.values import to_float
from kerasgen.metrics.checks import check_images

_FUNCTIONS = {
    keras.activations.relu: 0.0,
    keras.activations.leaky_relu: 0.2,  # Keras's own slope below 0
}


def guided_filters(
    model,
    x,
    layer=-1,
    filters=6,
    num_images=3,
    part=None,
    compare=True,
    batch_size=128,
    seed=0,
):
    """Shows the images that filters answer to most, and what in them they answer to.

    Guided backpropagation of the largest response of a filter's map to the image:
    every ReLU and leaky ReLU on the way back also drops what is negative of the
    gradient that reaches it (Springenberg et al., 2015,
    https://arxiv.org/abs/1412.6806, section 3.4). Beside it stand the filters of the
    same network with random weights, each with the images that it answers to most, as
    in figure 5 of Radford et al. (2016, https://arxiv.org/abs/1511.06434).

    Args:
        model: GAN, autoencoder, or `keras.Model` of images in `[0, 1]`, whose
            rectifiers are layers, or the `activation` of layers.
        x: images `(n, height, width, channels)`, among which the strongest are looked
            for; `uint8` or floats in `[0, 1]`.
        layer: int or str. Which convolution: its place, from below, or from above if
            negative, or its name. Defaults to `-1`, the last.
        filters: int, that many filters from the first on; or a list of ints.
        num_images: int. Images of a filter. Defaults to `3`.
        part: `"discriminator"`, `"encoder"`, or None for the first that there is.
        compare: bool. Whether random weights stand beside. Defaults to `True`.
        batch_size: int. Images a call.
        seed: int. Of the random weights.

    Returns:
        `Exploration`, a row for each filter and, below it, for the random one in its
        place; in columns each image and its gradient, grey where that is 0 and scaled
        by its largest absolute value. `facts`: `"gradients"` `(rows, num_images,
        height, width, channels)`, of images in `[0, 1]`; `"indices"` and
        `"responses"`, `(rows, num_images)`; `"filters"` `(rows,)`; `"trained"`
        `(rows,)`.

    Raises:
        ValueError: if no ReLU or leaky ReLU is run, or one with an upper end.
    """
    x = check_images("x", x)
    check_int("num_images", num_images, 1, len(x))
    own = seeing(model, x, part)
    stage = own.choose(layer)
    maps = own.stages[stage].shape[-1]
    chosen = _check_filters(filters, maps)
    networks = [own] + ([untrained(model, x, part, seed)] if compare else [])
    found = [
        strongest(network, x, stage, chosen, num_images, batch_size)
        for network in networks
    ]
    # (filters, networks, ...), then a row for each of both.
    joined = [np.stack(parts, axis=1) for parts in zip(*found, strict=True)]
    rows = len(chosen) * len(networks)
    indices, responses, gradients = (a.reshape(rows, *a.shape[2:]) for a in joined)
    pairs = np.stack([to_float(x[indices]), grey(gradients)], axis=2)
    name = own.stages[stage].name
    kinds = ["filter {}", "random {}"][: len(networks)]
    return Exploration(
        pairs.reshape(rows, 2 * num_images, *x.shape[1:]),
        facts={
            "gradients": gradients,
            "indices": indices,
            "responses": responses,
            "filters": np.repeat(chosen, len(networks)),
            "trained": np.tile([True, False][: len(networks)], len(chosen)),
        },
        title=f"{type(model).__name__}, {name}: strongest images, guided gradients",
        row_labels=[kind.format(f) for f in chosen for kind in kinds],
    )


def strongest(network, x, stage, filters, count, batch_size=128):
    """Returns the images that filters of a stage answer to most, strongest first.

    Args:
        network: `Pass` of images.
        x: images `(n, height, width, channels)`.
        stage: int.
        filters: list of ints.
        count: int. Images of a filter.
        batch_size: int.

    Returns:
        `(indices, responses, gradients)`: arrays `(filters, count, ...)`.
    """

    def peaks(x):
        return ops.max(network.activations([x], [stage])[0], axis=(1, 2))

    responses = np.concatenate(list(rows_of(network.model, peaks, [x], batch_size)))
    responses = responses[:, filters].T
    order = np.argsort(-responses, axis=1, kind="stable")[:, :count]
    rows = np.repeat(filters, count).astype("int32")
    gradients = guided_gradients(network, x[order.ravel()], stage, rows, batch_size)
    gradients = gradients.reshape(len(filters), count, *x.shape[1:])
    return order, np.take_along_axis(responses, order, axis=1), gradients


def guided_gradients(network, x, stage, filters, batch_size=128):
    """Returns guided gradients of the largest value of a map, for each image.

    Args:
        network: `Pass` of images.
        x: images `(n, height, width, channels)`.
        stage: int.
        filters: ints `(n,)`, the map of each image.
        batch_size: int.

    Returns:
        float32 array of the shape of `x`, with respect to images in `[0, 1]`.
    """
    height, width, maps = network.stages[stage].shape
    rectified = []

    def objective(x, filters):
        with rectifiers_guided(network.model) as seen:
            found = network.activations([x], [stage])[0]
        rectified[:] = seen
        found = ops.reshape(found, (-1, height * width, maps))
        chosen = ops.one_hot(filters, maps, dtype=found.dtype)[:, None]
        found = ops.sum(found * chosen, axis=-1)
        # The first of equal values: `max` would share the gradient out among them.
        place = ops.one_hot(ops.argmax(found, axis=1), height * width)
        return ops.sum(found * ops.stop_gradient(ops.cast(place, found.dtype)))

    def gradients(x, filters):
        return backend.gradient(lambda v: objective(v[0], filters), [x])[0]

    arrays = [np.asarray(x), np.asarray(filters, "int32")]
    found = np.concatenate(list(rows_of(network.model, gradients, arrays, batch_size)))
    if not rectified:
        raise ValueError(
            "`model` must have layers with ReLU or leaky ReLU. "
            f"Received: {type(network.model).__name__} without any on the way"
        )
    return found.astype("float32")


@contextlib.contextmanager
def rectifiers_guided(model):
    """Returns a context in which rectifiers pass back positive gradients alone.

    Its value is a list that each rectifier's layer joins when it is called.
    """
    seen = []

    def change(layer, number, call, inputs):
        slope = slope_of(layer)
        if slope is None:
            return call(*inputs)
        seen.append(layer)
        if not hasattr(layer, "activation") or isinstance(layer, layers.Activation):
            return guided(inputs[0], slope)
        kept = layer.activation
        # Past Keras, as no part of the layer is replaced, but for this call.
        object.__setattr__(layer, "activation", lambda x: guided(x, slope))
        try:
            return call(*inputs)
        finally:
            object.__setattr__(layer, "activation", kept)

    with calls_changed(layers_of(model), change):
        yield seen


def slope_of(layer):
    """Returns the slope below 0 of a layer's rectifier, or None where it has none."""
    if isinstance(layer, layers.LeakyReLU):
        return float(layer.negative_slope)
    if isinstance(layer, layers.ReLU):
        if layer.max_value is not None or layer.threshold:
            raise ValueError(
                "`model` must have ReLUs without an upper end and with a threshold of "
                f"0. Received: {layer.name} with max_value={layer.max_value}, "
                f"threshold={layer.threshold}"
            )
        return float(layer.negative_slope)
    function = getattr(layer, "activation", None)
    return next((s for known, s in _FUNCTIONS.items() if function is known), None)


def guided(x, slope=0.0):
    """Returns `max(x, slope * x)`, which passes back positive gradients alone.

    Args:
        x: float tensor.
        slope: float. Below 0; a gradient is multiplied by it there.
    """

    @ops.custom_gradient
    def rectify(x):
        below = ops.cast(slope, x.dtype)

        def backward(*given, upstream=None):
            upstream = given[0] if upstream is None else upstream  # as on PyTorch
            passed = ops.maximum(upstream, ops.cast(0.0, x.dtype))
            return passed * ops.where(x > 0, ops.ones_like(x), below)

        return ops.where(x > 0, x, below * x), backward

    return rectify(x)


def grey(gradients):
    """Returns gradients as images: 0 is grey, the largest absolute value 0 or 1.

    Args:
        gradients: array `(rows, columns, height, width, channels)`.
    """
    most = np.abs(gradients).max(axis=(2, 3, 4), keepdims=True)
    return 0.5 + 0.5 * gradients / np.where(most > 0, most, 1.0)


def _check_filters(filters, maps):
    if not isinstance(filters, (list, tuple, np.ndarray)):
        return list(range(check_int("filters", filters, 1, maps)))
    found = [check_int("filters", n, 0, maps - 1) for n in np.ravel(filters).tolist()]
    if not found:
        raise ValueError("`filters` must name a filter. Received: filters=[]")
    return found
