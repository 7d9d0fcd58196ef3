"""Penalties on the gradient of a critic with respect to its input."""

import keras
from keras import ops

from kerasgen import backend


def gradient_norm(critic, x):
    """Returns `||grad_x C(x)||_2` of each example, float32 `(batch,)`.

    The norm is over all axes but the first. It is differentiable, at 0 as well.

    Args:
        critic: function from a batch to one score an example, `(batch, 1)` or
            `(batch,)`.
        x: float tensor `(batch, ...)`.
    """
    gradient = ops.cast(backend.input_gradient(critic, x), "float32")
    axes = tuple(range(1, len(gradient.shape)))
    return ops.sqrt(ops.sum(ops.square(gradient), axis=axes) + 1e-12)


def gradient_penalty(critic, real, fake, epsilon):
    """`E (||grad C(e x + (1 - e) G(z))||_2 - 1)^2` (Gulrajani et al., 2017, eq. 3).

    Args:
        critic: function from a batch to one score an example.
        real: float tensor `(batch, ...)`, `x`.
        fake: float tensor of the same shape, `G(z)`, without gradient.
        epsilon: tensor `(batch,)`, one `e` an example, from U(0, 1): 1 is the real
            example, 0 the fake one.

    Returns:
        float32 scalar, without the penalty's weight.
    """
    real, fake = ops.cast(real, "float32"), ops.cast(fake, "float32")
    epsilon = ops.reshape(epsilon, (-1, *[1] * (len(real.shape) - 1)))
    norm = gradient_norm(critic, epsilon * real + (1.0 - epsilon) * fake)
    return ops.mean(ops.square(norm - 1.0))


def require_twice_differentiable(network):
    """Raises ValueError if a penalty could not train `network` on some backend.

    On TensorFlow interpolating resizing has no second gradient, so that a penalty
    silently trains nothing, and that of Keras's normalisation layers is wrong, since
    `tf.nn.moments` stops a gradient that is zero at first order only. On PyTorch fused
    attention has none.
    """
    for layer in network._flatten_layers():
        advice = _advice(layer)
        if advice:
            raise ValueError(
                "`network` must be twice differentiable for a gradient penalty: "
                f"{advice}. Received: a {type(layer).__name__} layer named "
                f"{layer.name!r}"
            )


def _advice(layer):
    kinds = keras.layers
    if isinstance(layer, kinds.UpSampling2D) and layer.interpolation != "nearest":
        return "use interpolation='nearest' or a transposed convolution"
    if isinstance(layer, kinds.Resizing):
        return "use UpSampling2D, pooling or strides"
    if isinstance(layer, (kinds.MultiHeadAttention, kinds.GroupQueryAttention)):
        return "use `keras.layers.Attention`, which is written with matrix products"
    norms = (
        kinds.LayerNormalization,
        kinds.GroupNormalization,
        kinds.BatchNormalization,
    )
    if isinstance(layer, norms):
        return "leave it out, or take mean and variance with `keras.ops.mean`"
    return None
