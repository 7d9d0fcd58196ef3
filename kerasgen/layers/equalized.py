"""Layers with an equalised learning rate.

Karras, Aila, Laine and Lehtinen, 2018, "Progressive Growing of GANs",
https://arxiv.org/abs/1710.10196, section 4.1.
"""

import math

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.registry import PACKAGE

HE_GAIN = math.sqrt(2.0)


class _Equalized(keras.layers.Layer):
    """Base of layers whose kernels are scaled when they are used.

    Weights are drawn from N(0, 1) and multiplied by `gain / sqrt(fan_in)` in each call,
    so that an adaptive optimizer moves all of them at one relative speed.
    """

    def __init__(self, units, gain=HE_GAIN, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = check_int("units", units)
        self.gain = check_number("gain", gain, 0.0)
        self.use_bias = use_bias

    def add_kernel(self, shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*shape, self.units),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )
        self.multiplier = self.gain / math.sqrt(math.prod(shape))

    def scaled_kernel(self):
        """Returns the kernel as it is applied."""
        return self.kernel * ops.cast(self.multiplier, self.kernel.dtype)

    def with_bias(self, x):
        return x + self.bias if self.use_bias else x

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "gain": self.gain,
            "use_bias": self.use_bias,
        }


@keras.saving.register_keras_serializable(PACKAGE)
class EqualizedDense(_Equalized):
    """A dense layer with an equalised learning rate.

    Args:
        units: int. Number of outputs.
        gain: float above 0. The standard deviation of the outputs is `gain` for inputs
            of mean square 1. Defaults to that of He et al., the square root of 2.
        use_bias: bool.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(..., features)`.
    Output: `(..., units)`.
    """

    def build(self, input_shape):
        self.add_kernel(input_shape[-1:])

    def call(self, x):
        return self.with_bias(ops.matmul(x, self.scaled_kernel()))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)


@keras.saving.register_keras_serializable(PACKAGE)
class EqualizedConv2D(_Equalized):
    """A convolution of stride 1, padded with zeros, with an equalised learning rate.

    Args:
        units: int. Number of output maps.
        kernel_size: int. Side of the kernel. Defaults to 3.
        gain, use_bias: as in `EqualizedDense`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height, width, units)`.
    """

    def __init__(self, units, kernel_size=3, **kwargs):
        super().__init__(units, **kwargs)
        self.kernel_size = check_int("kernel_size", kernel_size)

    def build(self, input_shape):
        self.add_kernel((self.kernel_size, self.kernel_size, input_shape[-1]))

    def call(self, x):
        x = ops.conv(
            x, self.scaled_kernel(), padding="same", data_format="channels_last"
        )
        return self.with_bias(x)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "kernel_size": self.kernel_size}
