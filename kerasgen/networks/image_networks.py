"""Encoders and decoders of images of any size, dense or convolutional.

The convolutional ones halve with 4x4 kernels of stride 2 (a kernel divisible by the
stride draws no checkerboard), rounding odd sides up; the decoder doubles and crops
back, so that every height and width comes out as it went in. All end without an
activation, in float32.
"""

import math

import keras
from keras import layers

from kerasgen.arguments import check_int
from kerasgen.layers import channels_last

ARCHITECTURES = ("dense", "conv")
DEFAULT_CONV_WIDTHS = (32, 64, 64)


def image_encoder(
    architecture, image_shape, num_classes, widths, units, activation, dtype=None
):
    """Returns a network from images to `(batch, units)`.

    Args:
        architecture: `"dense"`, which takes flat images `(batch, h * w * c)`, or
            `"conv"`, which takes `(batch, h, w, c)`. Both expect `num_classes` more
            values or maps behind.
        image_shape: tuple `(height, width, channels)`; `(features,)` if dense.
        num_classes: int or None.
        widths: tuple of ints. Units of the dense layers, or maps of the convolutions.
        units: int. Outputs.
        activation: name of the hidden layers' activation, or None.
        dtype: dtype policy of all but the last layer.
    """
    net = keras.Sequential(name="encoder")
    if architecture == "dense":
        size = math.prod(image_shape) + (num_classes or 0)
        net.add(keras.Input((size,)))
        for hidden in widths:
            net.add(layers.Dense(hidden, activation=activation, dtype=dtype))
    else:
        height, width, channels = image_shape
        net.add(keras.Input((height, width, channels + (num_classes or 0))))
        for maps in widths:
            net.add(_conv(channels_last.Conv2D, maps, activation, dtype))
        net.add(channels_last.Flatten(dtype=dtype))
    net.add(layers.Dense(units, dtype="float32"))
    return net


def image_decoder(
    architecture, image_shape, inputs, widths, activation, dtype=None, outputs=1
):
    """Returns a network from `(batch, inputs)` to `(batch, h, w, outputs * c)`.

    The mirror of the encoder.

    Args:
        architecture: `"dense"` or `"conv"`.
        image_shape: tuple `(height, width, channels)`; `(features,)` if dense.
        inputs: int. Size of the code, labels included.
        widths: tuple of ints, as of the encoder.
        activation: name of the hidden layers' activation, or None.
        dtype: dtype policy of all but the last layer.
        outputs: int. Values for each sub-pixel.
    """
    image_shape = (*image_shape[:-1], outputs * image_shape[-1])
    net = keras.Sequential(name="decoder")
    net.add(keras.Input((inputs,)))
    if architecture == "dense":
        for hidden in reversed(widths):
            net.add(layers.Dense(hidden, activation=activation, dtype=dtype))
        net.add(layers.Dense(math.prod(image_shape), dtype="float32"))
        net.add(layers.Reshape(image_shape, dtype="float32"))
        return net
    height, width, channels = image_shape
    sides = [(height, width)]
    for _ in widths:
        sides.append(tuple(-(-side // 2) for side in sides[-1]))
    base = (*sides[-1], widths[-1])
    net.add(layers.Dense(math.prod(base), activation=activation, dtype=dtype))
    net.add(layers.Reshape(base, dtype=dtype))
    for i in reversed(range(len(widths))):
        last = i == 0
        maps = channels if last else widths[i - 1]
        kind = None if last else activation
        policy = "float32" if last else dtype
        net.add(_conv(channels_last.Conv2DTranspose, maps, kind, policy))
        crop = [
            2 * small - side for small, side in zip(sides[i + 1], sides[i], strict=True)
        ]
        if any(crop):
            crop = tuple((0, extra) for extra in crop)
            net.add(channels_last.Cropping2D(crop, dtype=policy))
    return net


def _conv(kind, maps, activation, dtype):
    return kind(
        maps,
        kernel_size=4,
        strides=2,
        padding="same",
        activation=activation,
        dtype=dtype,
    )


def check_widths(widths, architecture="dense", name="hidden_widths"):
    """Raises unless widths fit the architecture; returns a tuple or None.

    Args:
        widths: tuple or list of ints, or None.
        architecture: `"dense"`, or `"conv"`, which needs one width at least.
        name: str. Name of the argument, for messages.
    """
    if widths is None:
        return None
    if not isinstance(widths, (tuple, list)):
        raise TypeError(
            f"`{name}` must be a tuple of ints or None. Received: {name}={widths!r}"
        )
    if architecture == "conv" and not widths:
        raise ValueError(
            f"`{name}` must name at least one convolution. Received: {name}={widths!r}"
        )
    return tuple(check_int(name, width) for width in widths)


def check_activation(activation):
    """Raises unless `activation` names a Keras activation or is None; returns it."""
    try:
        keras.activations.get(activation)
    except ValueError:
        known = False
    else:
        known = activation is None or isinstance(activation, str)
    if not known:
        raise ValueError(
            "`activation` must be the name of a Keras activation or None. "
            f"Received: activation={activation!r}"
        )
    return activation
