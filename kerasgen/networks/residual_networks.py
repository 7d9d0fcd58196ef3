"""Convolutional encoders and decoders with residual blocks, for grids of codes.

van den Oord et al., 2017, "Neural Discrete Representation Learning",
https://arxiv.org/abs/1711.00937, section 4.1.
"""

import keras
from keras import layers, ops

from kerasgen.layers import channels_last
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ResidualBlock(layers.Layer):
    """`x + C1(relu(C3(relu(x))))`, with a 3x3 and a 1x1 convolution.

    Args:
        filters: int. Maps of the 3x3 convolution.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: like the input.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        options = {"padding": "same", "dtype": self.dtype_policy}
        self.inner = channels_last.Conv2D(self.filters, 3, **options)
        self.outer = channels_last.Conv2D(input_shape[-1], 1, **options)
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.filters))

    def call(self, x):
        return x + self.outer(ops.relu(self.inner(ops.relu(x))))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def residual_encoder(
    input_shape, filters, residual_filters, blocks, downsamplings, dtype, units=None
):
    """Returns a network that halves height and width, 4x4 with stride 2 each time.

    Args:
        input_shape: tuple `(height, width, channels)`, divisible often enough.
        filters: int. Maps of all layers.
        residual_filters: int. Maps within the residual blocks.
        blocks: int. Residual blocks after the halving.
        downsamplings: int.
        dtype: dtype policy of all but the last layer.
        units: int or None. Maps of a last 1x1 convolution, in float32; None ends with
            the blocks.
    """
    net = keras.Sequential()
    net.add(keras.Input(input_shape))
    for i in range(downsamplings):
        options = {"padding": "same", "dtype": dtype}
        options["activation"] = "relu" if i < downsamplings - 1 else None
        net.add(channels_last.Conv2D(filters, 4, 2, **options))
    for _ in range(blocks):
        net.add(ResidualBlock(residual_filters, dtype=dtype))
    net.add(layers.ReLU(dtype=dtype))
    if units is not None:
        net.add(channels_last.Conv2D(units, 1, dtype="float32"))
    return net


def residual_decoder(
    input_shape, filters, residual_filters, blocks, upsamplings, dtype, units
):
    """Returns a network that doubles height and width, the mirror of the encoder.

    Args:
        input_shape: tuple `(height, width, channels)`, of the codes' vectors.
        filters, residual_filters, blocks, dtype: as in `residual_encoder`.
        upsamplings: int.
        units: int. Maps of the result, float32 without an activation.
    """
    net = keras.Sequential()
    net.add(keras.Input(input_shape))
    net.add(channels_last.Conv2D(filters, 3, padding="same", dtype=dtype))
    for _ in range(blocks):
        net.add(ResidualBlock(residual_filters, dtype=dtype))
    net.add(layers.ReLU(dtype=dtype))
    for _ in range(upsamplings - 1):
        options = {"padding": "same", "activation": "relu", "dtype": dtype}
        net.add(channels_last.Conv2DTranspose(filters, 4, 2, **options))
    net.add(channels_last.Conv2DTranspose(units, 4, 2, padding="same", dtype="float32"))
    return net
