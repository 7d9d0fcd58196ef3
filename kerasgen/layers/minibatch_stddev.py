"""What a discriminator sees of how much the examples of a batch differ."""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class MinibatchStddev(keras.layers.Layer):
    """Adds a map: how much the examples of a group differ.

    The standard deviation over the group of each feature at each place, averaged over
    both, stands in every pixel of the map of every example of the group. A group is as
    large as `group_size`, or, where the batch is no multiple of it, as its largest
    divisor below. Example `i` of a batch of `n` is in the group of those
    `i + k n / group_size`.

    Args:
        group_size: int. Defaults to 4, that of the official code's second settings;
            the paper's is 16.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, height, width, channels + 1)`.

    Reference: [Karras et al., 2018](https://arxiv.org/abs/1710.10196), section 3.
    """

    def __init__(self, group_size=4, **kwargs):
        super().__init__(**kwargs)
        self.group_size = check_int("group_size", group_size)

    def call(self, x):
        shape = ops.shape(x)
        count = shape[0]
        size = 1
        for divisor in range(2, self.group_size + 1):
            if isinstance(count, int):
                size = divisor if count % divisor == 0 else size
            else:
                size = ops.where(count % divisor == 0, divisor, size)
        wide = ops.cast(x, "float32")
        groups = ops.reshape(wide, (size, count // size, *x.shape[1:]))
        centred = groups - ops.mean(groups, axis=0, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(centred), axis=0) + 1e-8)
        means = ops.mean(deviation, axis=(1, 2, 3))  # one for each group
        means = ops.cast(ops.tile(means, [size]), x.dtype)
        maps = ops.ones_like(x[..., :1]) * ops.reshape(means, (-1, 1, 1, 1))
        return ops.concatenate([x, maps], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
