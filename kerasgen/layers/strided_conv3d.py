"""Volumetric convolutions of 4x4x4 kernels and strides of 2, computed without strides.

They are Keras's `Conv3D` and `Conv3DTranspose` with `padding="same"`, to rounding, with
the same weights. Strided ones, and the gradients of the others, are many times slower
under XLA on a CPU, which has no fast kernel for them: here volumes are cut into blocks
of 2x2x2 cells, whose cells become channels (Shi et al., 2016, "Real-Time Single Image
and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network",
https://arxiv.org/abs/1609.05158, section 3.2).
"""

from keras import ops

from kerasgen.layers import channels_last

_PADDING = ((0, 0), (1, 1), (1, 1), (1, 1), (0, 0))


class HalvingConv3D(channels_last.Conv3D.func):
    """Convolution of 4x4x4 cells and strides of 2: all sides, which are even, halve.

    Args:
        filters: int. Maps of the output.
        **kwargs: the other arguments of `keras.layers.Conv3D`, such as `use_bias`.

    Input:  `(batch, depth, height, width, channels)`.
    Output: `(batch, depth / 2, height / 2, width / 2, filters)`.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(filters, **{**kwargs, **_fixed()})

    def convolution_op(self, inputs, kernel):
        x = ops.pad(inputs, _PADDING)
        _, *sides, channels = x.shape
        parts = [size for side in sides for size in (side // 2, 2)]
        x = ops.reshape(x, (-1, *parts, channels))
        x = ops.transpose(x, (0, 1, 3, 5, 2, 4, 6, 7))
        x = ops.reshape(x, (-1, *parts[::2], 8 * channels))
        kernel = ops.reshape(kernel, (2, 2, 2, 2, 2, 2, channels, self.filters))
        kernel = ops.transpose(kernel, (0, 2, 4, 1, 3, 5, 6, 7))
        kernel = ops.reshape(kernel, (2, 2, 2, 8 * channels, self.filters))
        return ops.conv(x, kernel, padding="valid", data_format="channels_last")

    def get_config(self):
        return _config(super().get_config())


class DoublingConv3D(channels_last.Conv3DTranspose.func):
    """Transposed convolution of 4x4x4 cells and strides of 2: all sides double.

    Args:
        filters: int. Maps of the output.
        **kwargs: the other arguments of `keras.layers.Conv3DTranspose`.

    Input:  `(batch, depth, height, width, channels)`.
    Output: `(batch, 2 depth, 2 height, 2 width, filters)`.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(filters, **{**kwargs, **_fixed()})

    def call(self, inputs):
        channels = inputs.shape[-1]
        kernel = ops.cast(self.kernel, self.compute_dtype)
        # Even cells are made by the weights 3 and 1 of the input's cells before and at
        # them, odd ones by 2 and 0 of those at and after them.
        for axis in range(3):
            kernel = ops.take(kernel, [3, 1, 2, 0], axis=axis)
        kernel = ops.reshape(kernel, (2, 2, 2, 2, 2, 2, self.filters, channels))
        kernel = ops.transpose(kernel, (1, 3, 5, 7, 0, 2, 4, 6))
        kernel = ops.reshape(kernel, (2, 2, 2, channels, 8 * self.filters))
        x = ops.pad(inputs, _PADDING)
        x = ops.conv(x, kernel, padding="valid", data_format="channels_last")
        sides = [2 * side for side in inputs.shape[1:4]]
        x = ops.reshape(x, (-1, *x.shape[1:4], 2, 2, 2, self.filters))
        even, odd = x[:, :-1, :, :, 0], x[:, 1:, :, :, 1]
        x = ops.stack([even, odd], axis=2)  # (b, d, 2, h + 1, w + 1, 2, 2, filters)
        even, odd = x[:, :, :, :-1, :, 0], x[:, :, :, 1:, :, 1]
        x = ops.stack([even, odd], axis=4)  # (b, d, 2, h, 2, w + 1, 2, filters)
        even, odd = x[:, :, :, :, :, :-1, 0], x[:, :, :, :, :, 1:, 1]
        x = ops.stack([even, odd], axis=6)  # (b, d, 2, h, 2, w, 2, filters)
        x = ops.reshape(x, (-1, *sides, self.filters))
        if self.use_bias:
            x = x + ops.cast(self.bias, x.dtype)
        return self.activation(x)

    def get_config(self):
        return _config(super().get_config())


def _fixed():
    return {
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
        "data_format": "channels_last",
    }


def _config(config):
    """Returns a config without what is fixed."""
    left_out = (*_fixed(), "dilation_rate", "groups", "output_padding")
    return {key: value for key, value in config.items() if key not in left_out}
