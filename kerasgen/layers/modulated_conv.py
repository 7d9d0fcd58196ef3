"""Convolutions whose kernels each example scales by its style.

Karras, Laine, Aittala, Hellsten, Lehtinen and Aila, 2020, "Analyzing and Improving the
Image Quality of StyleGAN", https://arxiv.org/abs/1912.04958, section 2.2. Official
code: NVlabs/stylegan2.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.layers.equalized import EqualizedDense, EqualizedLayer
from kerasgen.layers.resampling import TAPS, check_taps, convolve, resampled_shape
from kerasgen.registry import PACKAGE

EPSILON = 1e-8  # of the demodulation


@keras.saving.register_keras_serializable(PACKAGE)
class ModulatedConv2D(EqualizedLayer):
    """A convolution of each example by a kernel that its style modulates.

    The style `s = 1 + A w`, with an affine map `A` of equalised learning rate, scales
    the kernel's input channels, `w'_ijk = s_i w_ijk` (eq. 1), and demodulation divides
    by the norm of all that makes one output, `sqrt(sum_ik w'_ijk^2 + 1e-8)` (eq. 3):
    inputs that are independent and of variance 1 give outputs of variance 1. Both are
    done to the input and the output of one convolution, which is the same and needs no
    kernel for each example.

    Args:
        units: int. Number of output maps.
        kernel_size: int. Side of the kernel. Defaults to 3.
        demodulate: bool. Not so in the projections to colours.
        resample: None, `"up"` or `"down"`, as in `EqualizedConv2D`.
        taps: tuple of floats. As there.
        use_bias: bool. Whether a bias is added at last. Not so by default: where noise
            is injected, it comes before the bias.
        gain, lr_mul: as in `EqualizedDense`; `gain` is 1 here.
        **kwargs: as in `keras.layers.Layer`.

    Input:  a pair: `(batch, height, width, channels)`, and `w`, `(batch, features)`.
    Output: `(batch, height, width, units)`, sides of twice or half the size where it
        resamples.

    Example:
    >>> from kerasgen.layers.modulated_conv import ModulatedConv2D
    >>> x, w = np.ones((2, 4, 4, 3), "float32"), np.ones((2, 8), "float32")
    >>> tuple(ModulatedConv2D(5, resample="up")([x, w]).shape)
    (2, 8, 8, 5)

    Reference: [Karras et al., 2020](https://arxiv.org/abs/1912.04958), section 2.2.
    """

    def __init__(
        self,
        units,
        kernel_size=3,
        demodulate=True,
        resample=None,
        taps=TAPS,
        use_bias=False,
        gain=1.0,
        **kwargs,
    ):
        super().__init__(units, gain=gain, use_bias=use_bias, **kwargs)
        self.kernel_size = check_int("kernel_size", kernel_size)
        self.demodulate = demodulate
        self.resample = check_choice("resample", resample, (None, "up", "down"))
        self.taps = check_taps(taps)

    def build(self, input_shape):
        image_shape, style_shape = input_shape
        channels = image_shape[-1]
        self.add_kernel((self.kernel_size, self.kernel_size, channels))
        self.style = EqualizedDense(
            channels, gain=1.0, name="style", dtype=self.dtype_policy
        )
        self.style.build(style_shape)

    def call(self, inputs):
        x, w = inputs
        style = 1.0 + ops.cast(self.style(w), "float32")  # (b, channels)
        kernel = self.scaled_kernel()
        if self.demodulate:
            if x.dtype != style.dtype:  # so that few bits hold the products
                largest = ops.max(ops.abs(style), axis=-1, keepdims=True)
                style = style / (largest + EPSILON)
            squares = ops.sum(ops.square(ops.cast(kernel, "float32")), axis=(0, 1))
            norm = ops.matmul(ops.square(style), squares)  # (b, units)
            scale = ops.rsqrt(norm + EPSILON)
        x = x * ops.cast(style, x.dtype)[:, None, None]
        x = convolve(x, ops.cast(kernel, x.dtype), self.resample, self.taps)
        if self.demodulate:
            x = x * ops.cast(scale, x.dtype)[:, None, None]
        return self.with_bias(x)

    def compute_output_shape(self, input_shape):
        shape = resampled_shape(input_shape[0], self.resample)
        return (*shape[:-1], self.units)

    def get_config(self):
        own = {"kernel_size": self.kernel_size, "demodulate": self.demodulate}
        own |= {"resample": self.resample, "taps": self.taps}
        return {**super().get_config(), **own}
