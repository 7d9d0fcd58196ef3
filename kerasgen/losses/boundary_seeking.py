"""Boundary-seeking generators: examples of which the discriminator cannot tell.

Hjelm, Jacob, Che, Trischler, Cho and Bengio, 2018, "Boundary-Seeking Generative
Adversarial Networks", https://arxiv.org/abs/1702.08431. The discriminator's half is
`adversarial.logistic_discriminator`, of whose optimum the logit is `log p / q`.
"""

from keras import ops

from kerasgen.losses.likelihoods import float32


def boundary_seeking_generator(fake):
    """`E (log D(G(z)) - log(1 - D(G(z))))^2 / 2`, of the logit (section 3).

    For continuous data. The released code leaves out the half.

    Args:
        fake: float tensor of logits, `(batch, 1)` or `(batch,)`.

    Returns:
        float32 scalar.
    """
    return 0.5 * ops.mean(ops.square(float32(fake)))


def importance_weights(fake):
    """`w_m = softmax_m log(D / (1 - D))` of several samples of one `z` (section 2.2).

    Args:
        fake: float tensor `(batch, samples)`: logits of samples drawn from `g(x|z)`.

    Returns:
        float32 tensor of that shape, whose rows sum to 1, without gradient.
    """
    return ops.stop_gradient(ops.softmax(float32(fake), axis=-1))


def discrete_boundary_seeking_generator(fake, log_prob):
    """`-E_z sum_m w_m log g(x_m|z)` (section 2.2), for discrete data.

    No gradient goes through the samples, nor through the weights.

    Args:
        fake: float tensor `(batch, samples)`: logits of samples drawn from `g(x|z)`.
        log_prob: float tensor of that shape, their `log g(x|z)`, in nats.

    Returns:
        float32 scalar.
    """
    terms = importance_weights(fake) * float32(log_prob)
    return -ops.mean(ops.sum(terms, axis=-1))
