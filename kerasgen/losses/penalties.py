"""Penalties on the gradient of a critic with respect to its input."""

import keras
from keras import ops

from kerasgen import backend
from kerasgen.losses.likelihoods import sum_per_example


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
    return norm_penalty(critic, between(real, fake, epsilon))


def one_sided_penalty(critic, real, fake, epsilon):
    """`E max(0, ||grad C(e x + (1 - e) G(z))||_2 - 1)^2`, WGAN-LP's.

    Petzka, Fischer and Lukovnikov, 2018, "On the regularization of Wasserstein GANs",
    https://arxiv.org/abs/1709.08894. Slopes below 1 cost nothing. Arguments as in
    `gradient_penalty`.
    """
    norm = gradient_norm(critic, between(real, fake, epsilon))
    return ops.mean(ops.square(ops.relu(norm - 1.0)))


def zero_centred_penalty(critic, real, fake, epsilon):
    """`E ||grad C(e x + (1 - e) G(z))||_2^2`, 0-GP.

    Thanh-Tung, Tran and Venkatesh, 2019, "Improving Generalization and Stability of
    Generative Adversarial Networks", https://arxiv.org/abs/1902.03984. Arguments as in
    `gradient_penalty`.
    """
    return 2.0 * squared_gradient(critic, between(real, fake, epsilon))


def norm_penalty(critic, x, target=1.0):
    """`E (||grad C(x)||_2 - k)^2`: at `perturbed` data DRAGAN's.

    Kodali, Abernethy, Hays and Kira, 2017, "On Convergence and Stability of GANs",
    https://arxiv.org/abs/1705.07215, with `k = 1`.

    Args:
        critic: function from a batch to one score an example.
        x: float tensor `(batch, ...)`.
        target: float, `k`.

    Returns:
        float32 scalar, without the penalty's weight.
    """
    return ops.mean(ops.square(gradient_norm(critic, x) - target))


def squared_gradient(critic, x):
    """`E ||grad C(x)||_2^2 / 2`: of real examples R1, of generated ones R2.

    Mescheder, Geiger and Nowozin, 2018, "Which Training Methods for GANs do actually
    Converge?", https://arxiv.org/abs/1801.04406, eq. 9 and 10. The released code leaves
    out the half.

    Args:
        critic: function from a batch to one score an example.
        x: float tensor `(batch, ...)`.

    Returns:
        float32 scalar, without the penalty's weight, `gamma`.
    """
    gradient = ops.cast(backend.input_gradient(critic, x), "float32")
    return 0.5 * ops.mean(sum_per_example(ops.square(gradient)))


def between(real, fake, epsilon):
    """Returns `e x + (1 - e) G(z)`, float32; arguments as in `gradient_penalty`."""
    real, fake = ops.cast(real, "float32"), ops.cast(fake, "float32")
    epsilon = _of_each(epsilon, real)
    return epsilon * real + (1.0 - epsilon) * fake


def perturbed(real, uniform, mix):
    """Returns `x + a s u / 2` with the spread `s` of the batch, DRAGAN's released code.

    Args:
        real: float tensor `(batch, ...)`, `x`, whose standard deviation, over all
            elements, is `s`.
        uniform: tensor of that shape, `u`, from U(0, 1): the noise is not centred.
        mix: tensor `(batch,)`, one `a` an example, from U(0, 1).

    Returns:
        float32 tensor like `real`.
    """
    real = ops.cast(real, "float32")
    return real + _of_each(mix, real) * 0.5 * ops.std(real) * uniform


def normally_perturbed(real, normal, variance):
    """Returns `x + sqrt(c) n`, DRAGAN's points as the paper has them (algorithm 1).

    Args:
        real: float tensor `(batch, ...)`, `x`.
        normal: tensor of that shape, `n`, from N(0, 1).
        variance: float, `c`.
    """
    return ops.cast(real, "float32") + variance**0.5 * normal


def _of_each(numbers, x):
    """Returns one number an example `(batch,)` so that it multiplies examples."""
    return ops.reshape(numbers, (-1, *[1] * (len(x.shape) - 1)))


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
