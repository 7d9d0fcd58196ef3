"""Layers with an equalised learning rate.

Karras, Aila, Laine and Lehtinen, 2018, "Progressive Growing of GANs",
https://arxiv.org/abs/1710.10196, section 4.1. The multiplier of the learning rate is
that of Karras, Laine and Aila, 2019, "A Style-Based Generator Architecture for
Generative Adversarial Networks", https://arxiv.org/abs/1812.04948, appendix C.
"""

import math

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.layers.resampling import TAPS, check_taps, convolve, resampled_shape
from kerasgen.registry import PACKAGE

HE_GAIN = math.sqrt(2.0)


class EqualizedLayer(keras.layers.Layer):
    """Base of layers whose kernels are scaled when they are used.

    Weights are drawn from N(0, 1) and multiplied by `gain / sqrt(fan_in)` in each call,
    so that an adaptive optimizer moves all of them at one relative speed. With `lr_mul`
    they are drawn from N(0, 1 / lr_mul^2) and multiplied by as much again, the biases
    too: the same outputs, which move as if by `lr_mul` times the learning rate.
    """

    def __init__(self, units, gain=HE_GAIN, use_bias=True, lr_mul=1.0, **kwargs):
        super().__init__(**kwargs)
        self.units = check_int("units", units)
        self.gain = check_number("gain", gain, 0.0)
        self.use_bias = use_bias
        self.lr_mul = check_number("lr_mul", lr_mul, 0.0)
        if self.lr_mul == 0.0:
            raise ValueError(f"`lr_mul` must be above 0. Received: lr_mul={lr_mul}")

    def add_kernel(self, shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*shape, self.units),
            initializer=keras.initializers.RandomNormal(stddev=1.0 / self.lr_mul),
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer="zeros"
            )
        self.multiplier = self.gain * self.lr_mul / math.sqrt(math.prod(shape))

    def scaled_kernel(self):
        """Returns the kernel as it is applied."""
        return self.kernel * ops.cast(self.multiplier, self.kernel.dtype)

    def with_bias(self, x):
        """Returns outputs with the bias as it is applied."""
        return x + self.bias * self.lr_mul if self.use_bias else x

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "gain": self.gain,
            "use_bias": self.use_bias,
            "lr_mul": self.lr_mul,
        }


@keras.saving.register_keras_serializable(PACKAGE)
class EqualizedDense(EqualizedLayer):
    """A dense layer with an equalised learning rate.

    Args:
        units: int. Number of outputs.
        gain: float above 0. The standard deviation of the outputs is `gain` for inputs
            of mean square 1. Defaults to that of He et al., the square root of 2.
        use_bias: bool.
        lr_mul: float above 0. The factor of the learning rate, 0.01 in StyleGAN's
            mapping network. Defaults to `1.0`.
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
class EqualizedConv2D(EqualizedLayer):
    """A convolution padded with zeros, with an equalised learning rate.

    Args:
        units: int. Number of output maps.
        kernel_size: int. Side of the kernel. Defaults to 3.
        resample: None; `"up"`, which doubles height and width by a convolution of
            stride 1/2 and a blur; or `"down"`, which halves them by a blur and a stride
            of 2, as in StyleGAN2. Halves are rounded down.
        taps: tuple of floats. The filter of the blur, of any sum but 0, along each
            axis. Defaults to StyleGAN2's `(1, 3, 3, 1)`.
        gain, use_bias, lr_mul: as in `EqualizedDense`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height, width, units)`, sides of twice or half the size where it
        resamples.
    """

    def __init__(self, units, kernel_size=3, resample=None, taps=TAPS, **kwargs):
        super().__init__(units, **kwargs)
        self.kernel_size = check_int("kernel_size", kernel_size)
        self.resample = check_choice("resample", resample, (None, "up", "down"))
        self.taps = check_taps(taps)

    def build(self, input_shape):
        self.add_kernel((self.kernel_size, self.kernel_size, input_shape[-1]))

    def call(self, x):
        x = convolve(x, self.scaled_kernel(), self.resample, self.taps)
        return self.with_bias(x)

    def compute_output_shape(self, input_shape):
        shape = resampled_shape(input_shape, self.resample)
        return (*shape[:-1], self.units)

    def get_config(self):
        own = {"kernel_size": self.kernel_size, "resample": self.resample}
        return {**super().get_config(), **own, "taps": self.taps}
