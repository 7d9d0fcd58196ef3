"""Batch normalisation with a scale and a shift for each class.

Dumoulin, Shlens and Kudlur, 2017, https://arxiv.org/abs/1610.07629, of instances; of
batches de Vries et al., 2017, https://arxiv.org/abs/1707.00683, and, in GANs, Miyato
and Koyama, 2018, https://arxiv.org/abs/1802.05637.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_int
from kerasgen.layers.class_bias import label_rows
from kerasgen.layers.spectral_norm import SpectralNorm
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ConditionalBatchNorm(layers.Layer):
    """Batch normalisation whose scale and shift are those of each example's class.

    Mean and variance, and their moving averages, are those of all classes together.
    Scales start at 1, shifts at 0.

    Args:
        num_classes: int.
        momentum: float. Share of the moving averages kept at each step. Defaults to
            `0.9`, as in the official code of Miyato and Koyama.
        epsilon: float. Added to the variance. Defaults to `2e-5`, likewise.
        **kwargs: as in `keras.layers.Layer`.

    Input:  a pair: `(batch, ..., channels)`, and int labels `(batch,)`.
    Output: as the first of the pair.

    Example:
    >>> from kerasgen.layers.conditional_batch_norm import ConditionalBatchNorm
    >>> layer = ConditionalBatchNorm(num_classes=10)
    >>> x = layer([np.ones((2, 4, 4, 3), "float32"), np.array([7, 0])])
    >>> tuple(x.shape)
    (2, 4, 4, 3)

    Reference: [Miyato and Koyama, 2018](https://arxiv.org/abs/1802.05637), section 4.
    """

    def __init__(self, num_classes, momentum=0.9, epsilon=2e-5, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = check_int("num_classes", num_classes)
        self.momentum, self.epsilon = momentum, epsilon
        self.normalization = layers.BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            center=False,
            scale=False,
            dtype=self.variable_dtype,
        )

    def build(self, input_shape):
        shape, _ = input_shape
        self.normalization.build(shape)
        for name, start in (("gamma", "ones"), ("beta", "zeros")):
            weight = self.add_weight(
                name=name,
                shape=(self.num_classes, shape[-1]),
                initializer=start,
                autocast=False,
            )
            setattr(self, name, weight)

    def call(self, inputs, training=False):
        x, labels = inputs
        x = self.normalization(x, training=training and self.trainable)
        shape = (-1, *[1] * (len(x.shape) - 2), x.shape[-1])
        gamma, beta = (
            ops.reshape(label_rows(table, labels, x.dtype), shape)
            for table in (self.gamma, self.beta)
        )
        return ops.cast(gamma * x + beta, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])

    def get_config(self):
        own = {"num_classes": self.num_classes, "momentum": self.momentum}
        return {**super().get_config(), **own, "epsilon": self.epsilon}


def batch_normalize(x, labels=None, num_classes=None, momentum=0.9, epsilon=2e-5):
    """Returns a tensor of Keras normalised, by classes where there are labels.

    Args:
        x: tensor `(batch, ..., channels)`.
        labels: int tensor `(batch,)`, or None for one scale and shift a channel.
        num_classes: int, where there are labels.
        momentum, epsilon: float. As in `ConditionalBatchNorm`.
    """
    if labels is None:
        return layers.BatchNormalization(momentum=momentum, epsilon=epsilon)(x)
    return ConditionalBatchNorm(num_classes, momentum, epsilon)([x, labels])


def modulated_batch_norm(x, condition, initializer="glorot_uniform", epsilon=1e-5):
    """Returns a tensor normalised, with a scale and a shift linear in a vector.

    `(1 + W_g c) (x - mean) / deviation + W_b c`, where both `W` are spectrally
    normalised and have no bias (Brock et al., 2019, https://arxiv.org/abs/1809.11096,
    appendix B; released code: ajbrock/BigGAN-PyTorch).

    Args:
        x: tensor of Keras `(batch, height, width, channels)`.
        condition: tensor `(batch, features)`, `c`.
        initializer: of both kernels.
        epsilon: float. Added to the variance.
    """
    channels = x.shape[-1]

    def linear():
        kernel = keras.initializers.get(initializer).clone()
        dense = layers.Dense(channels, use_bias=False, kernel_initializer=kernel)
        return ops.reshape(SpectralNorm(dense)(condition), (-1, 1, 1, channels))

    x = layers.BatchNormalization(
        momentum=0.9, epsilon=epsilon, center=False, scale=False
    )(x)
    return x * (1.0 + linear()) + linear()
