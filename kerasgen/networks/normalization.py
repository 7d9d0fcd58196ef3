"""Normalisation by name."""

from keras import layers

from kerasgen.arguments import check_choice
from kerasgen.layers.batch_normalization import BatchNormalization

NORMALIZATIONS = ("instance", "batch", None)


def normalize(x, normalization, epsilon=1e-5, statistics="moving"):
    """Returns a tensor of Keras normalised, without scale and shift for instances.

    Args:
        x: tensor `(batch, height, width, channels)`.
        normalization: `"instance"` (each map of each image by itself, Ulyanov et al.,
            2016, https://arxiv.org/abs/1607.08022), `"batch"`, or None.
        epsilon: float. Added to the variance.
        statistics: `"moving"` or `"image"`: of `"batch"` at inference, see
            `kerasgen.layers.batch_normalization.BatchNormalization`.
    """
    check_choice("normalization", normalization, NORMALIZATIONS)
    if normalization is None:
        return x
    if normalization == "batch":
        return BatchNormalization(statistics, momentum=0.9, epsilon=epsilon)(x)
    instance = layers.GroupNormalization(
        groups=-1, epsilon=epsilon, center=False, scale=False
    )
    return instance(x)
