"""Minibatch discrimination: what a discriminator sees of how near its examples are.

Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, 2016, "Improved Techniques for
Training GANs", https://arxiv.org/abs/1606.03498, section 3.2. Official code:
openai/improved-gan (`mnist_svhn_cifar10/nn.py`).
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.layers.weight_norm import is_initializing
from kerasgen.registry import PACKAGE

VARIANTS = ("paper", "code")


@keras.saving.register_keras_serializable(PACKAGE)
class MinibatchDiscrimination(keras.layers.Layer):
    """Adds features: how near each example is to the others of its batch.

    With `M_i = f_i T`, a matrix of `num_kernels` rows, the features of example `i` are
    `o_ib = sum_j exp(-|M_ib - M_jb|_1)`. Images that are real and images that are not
    should come in batches of their own: in one batch the features would tell which is
    which. Under `tf.distribute` the batch is that of a replica. The features are
    computed in float32.

    Args:
        num_kernels: int. `B`, the number of features. Defaults to `100`.
        kernel_dim: int. `C`, the length of a row. Defaults to `5`.
        variant: `"paper"`, in which the sum is over all `j`, so that an example's
            nearness to itself adds 1; or `"code"`, in which it is over the others, a
            bias is added that starts at -1, and the columns of `T` have a norm of
            `exp(scale)` with a trained scale that starts at 0. A call within
            `kerasgen.layers.weight_norm.initializing_from_data` sets this scale, so
            that examples are 2 from their nearest neighbour on average, and the bias,
            so that features have mean 0.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, features)`.
    Output: `(batch, features + num_kernels)`.

    Example:
    >>> from kerasgen.layers.minibatch_discrimination import MinibatchDiscrimination
    >>> layer = MinibatchDiscrimination(num_kernels=2)
    >>> tuple(layer(np.ones((4, 3), "float32")).shape)
    (4, 5)

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.2.
    """

    def __init__(self, num_kernels=100, kernel_dim=5, variant="paper", **kwargs):
        super().__init__(**kwargs)
        self.num_kernels = check_int("num_kernels", num_kernels)
        self.kernel_dim = check_int("kernel_dim", kernel_dim)
        self.variant = check_choice("variant", variant, VARIANTS)

    def build(self, input_shape):
        kernels = (self.num_kernels, self.kernel_dim)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], *kernels),
            initializer=keras.initializers.RandomNormal(stddev=0.05),
        )
        if self.variant == "code":
            self.log_scale = self.add_weight(
                name="log_scale", shape=kernels, initializer="zeros"
            )
            self.bias = self.add_weight(
                name="bias",
                shape=(self.num_kernels,),
                initializer=keras.initializers.Constant(-1.0),
            )

    def call(self, x):
        rows = ops.tensordot(ops.cast(x, "float32"), self._matrices(), axes=1)
        apart = ops.abs(rows[:, None] - rows[None])  # (b, b, B, C)
        distance = ops.sum(apart, axis=-1)
        if self.variant == "paper":
            near = ops.sum(ops.exp(-distance), axis=1)
        else:
            index = ops.arange(ops.shape(x)[0])
            others = (index[:, None] != index[None])[:, :, None]
            if is_initializing():
                near = self._initialize(distance, others)
            else:
                near = _nearness(distance, others)
            near = near + ops.cast(self.bias, "float32")
        return ops.concatenate([x, ops.cast(near, x.dtype)], axis=-1)

    def _matrices(self):
        kernel = ops.cast(self.kernel, "float32")
        if self.variant == "paper":
            return kernel
        squared = ops.maximum(ops.sum(ops.square(kernel), axis=0), 1e-12)
        return kernel * (ops.exp(ops.cast(self.log_scale, "float32")) * squared**-0.5)

    def _initialize(self, distance, others):
        """Sets scale and bias; returns the nearness with them."""
        nearest = ops.min(ops.where(others, distance, float("inf")), axis=1)
        half = 0.5 * ops.mean(nearest, axis=0)
        # Kernels in which all examples are the same keep their scale.
        half = ops.where((half > 0.0) & (half < float("inf")), half, 1.0)
        self.log_scale.assign(self.log_scale - ops.log(half)[:, None])
        near = _nearness(distance / half, others)
        self.bias.assign(-ops.mean(near, axis=0))
        return near

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.num_kernels)

    def get_config(self):
        own = {"num_kernels": self.num_kernels, "kernel_dim": self.kernel_dim}
        return {**super().get_config(), **own, "variant": self.variant}


def _nearness(distance, others):
    return ops.sum(ops.where(others, ops.exp(-distance), 0.0), axis=1)
