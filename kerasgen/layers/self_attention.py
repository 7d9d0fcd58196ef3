"""Self-attention over the places of a map.

Zhang, Goodfellow, Metaxas and Odena, 2019, "Self-Attention Generative Adversarial
Networks", https://arxiv.org/abs/1805.08318, section 3. Official code:
brain-research/self-attention-gan (`non_local.py`); that of BigGAN has the same layer.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.layers import channels_last
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.registry import PACKAGE

VARIANTS = ("code", "paper")


@keras.saving.register_keras_serializable(PACKAGE)
class SelfAttention2D(keras.layers.Layer):
    """Adds to each place a mean over all places, weighted by how well they match.

    `y_j = gamma o_j + x_j`, where `o_j = W_v sum_i b_ji W_h x_i` and `b_j` is the
    softmax over `i` of `(W_f x_i)^T (W_g x_j)`, without a temperature. All `W` are 1x1
    convolutions without bias. `gamma` is 0 at the start, so that the layer is then the
    identity. It is written with matrix products, which a penalty on gradients can go
    through on every backend; the softmax is taken in float32.

    Args:
        variant: `"code"`, in which keys and values are pooled by the maximum over 2x2
            places (a last odd row or column is left out) and values have half of the
            channels; or `"paper"`, all places and an eighth of the channels. Queries
            and keys have an eighth in both; each has 1 at least.
        spectral: bool. Whether the convolutions are normalised spectrally.
        kernel_initializer: as in `keras.layers.Conv2D`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, height, width, channels)`; a height and width of at least 2 where
        places are pooled.
    Output: same shape.

    Example:
    >>> from kerasgen.layers.self_attention import SelfAttention2D
    >>> tuple(SelfAttention2D()(np.ones((2, 4, 4, 16), "float32")).shape)
    (2, 4, 4, 16)

    Reference: [Zhang et al., 2019](https://arxiv.org/abs/1805.08318), eq. 1 to 3.
    """

    def __init__(
        self,
        variant="code",
        spectral=False,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.variant = check_choice("variant", variant, VARIANTS)
        self.spectral = spectral
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        *places, channels = input_shape
        if self.variant == "code" and min(n or 2 for n in places[1:]) < 2:
            raise ValueError(
                "The height and width must be at least 2 to be pooled. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        narrow = max(channels // 8, 1)
        wide = max(channels // 2, 1) if self.variant == "code" else narrow
        self.query = self._convolution(narrow, "query", input_shape)  # g
        self.key = self._convolution(narrow, "key", input_shape)  # f
        self.value = self._convolution(wide, "value", input_shape)  # h
        self.project = self._convolution(channels, "project", (*places, wide))  # v
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="zeros")

    def _convolution(self, units, name, input_shape):
        layer = channels_last.Conv2D(
            units,
            1,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            name=name,
            dtype=self.dtype_policy,
        )
        layer = SpectralNorm(layer, name=name) if self.spectral else layer
        layer.build(input_shape)
        return layer

    def call(self, x, training=False):
        query = _rows(self.query(x))  # (b, h w, c/8)
        key, value = self.key(x), self.value(x)
        if self.variant == "code":
            key, value = _pooled(key), _pooled(value)
        key, value = _rows(key), _rows(value)  # (b, h w / 4, c/8), (b, h w / 4, c/2)
        scores = ops.matmul(query, ops.transpose(key, (0, 2, 1)))
        weights = ops.softmax(ops.cast(scores, "float32"), axis=-1)
        mean = ops.matmul(ops.cast(weights, value.dtype), value)
        shape = ops.shape(x)
        mean = ops.reshape(mean, (-1, shape[1], shape[2], value.shape[-1]))
        return x + self.gamma * self.project(mean)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "variant": self.variant,
            "spectral": self.spectral,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _rows(x):
    """Returns a map's places as the rows of a matrix, `(batch, places, channels)`."""
    shape = ops.shape(x)
    return ops.reshape(x, (-1, shape[1] * shape[2], x.shape[-1]))


def _pooled(x):
    """Returns the maxima over blocks of 2x2 places."""
    shape = ops.shape(x)
    height, width = shape[1] // 2, shape[2] // 2
    x = x[:, : 2 * height, : 2 * width]
    # Its second gradient is the same on all backends, that of pooling is not.
    x = ops.reshape(x, (-1, height, 2, width, 2, x.shape[-1]))
    return ops.max(x, axis=(2, 4))
