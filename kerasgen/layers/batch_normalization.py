"""Batch normalisation whose inference is chosen."""

import keras
from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.registry import PACKAGE

STATISTICS = ("image", "moving")


@keras.saving.register_keras_serializable(PACKAGE)
class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation that, outside training, may use the statistics of each image.

    Image translators are tested as they are trained, in batches of one whose own
    statistics they use. Here each image of a batch then has its own, so that a result
    does not depend on what stands beside it.

    Args:
        statistics: `"image"`, the mean and variance of each map of each image, or
            `"moving"`, those averaged in training, as in Keras.
        **kwargs: as in `keras.layers.BatchNormalization`; the axis is the last.

    Call:   `(batch, height, width, channels)` to the same shape.

    Reference: [Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167);
        [Isola et al., 2017](https://arxiv.org/abs/1611.07004), section 3.4.
    """

    def __init__(self, statistics="moving", **kwargs):
        super().__init__(**kwargs)
        self.statistics = check_choice("statistics", statistics, STATISTICS)

    def call(self, inputs, training=None, mask=None):
        if training or self.statistics == "moving":
            return super().call(inputs, training=training, mask=mask)
        x = ops.cast(inputs, "float32")
        mean, variance = ops.moments(x, axes=(1, 2), keepdims=True)
        x = (x - mean) * ops.rsqrt(variance + self.epsilon)
        if self.scale:
            x = x * ops.cast(self.gamma, "float32")
        if self.center:
            x = x + ops.cast(self.beta, "float32")
        return ops.cast(x, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "statistics": self.statistics}


def gainless_norm():
    """Returns batch normalisation that learns neither a gain nor a bias.

    Its momentum is 0.9 and its epsilon 1e-5.
    """
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, center=False, scale=False
    )
