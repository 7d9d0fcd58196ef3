"""Relativistic losses: is a real example more real than a generated one?

Jolicoeur-Martineau, 2019, "The relativistic discriminator: a key element missing from
standard GAN", https://arxiv.org/abs/1807.00734. Both halves take what the critic says
of real and of generated examples, of one shape; a number added to all of it changes
nothing. The paired logistic form is also the loss of R3GAN (Huang et al., 2024,
https://arxiv.org/abs/2501.05441).

The released code halves the average forms; here they are sums of two means, as every
other loss of this library.
"""

from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.losses.likelihoods import float32

FORMS = ("logistic", "least_squares", "hinge")


def relativistic_discriminator(real, fake, form="logistic", average=False):
    """`E f(C(x) - C(G(z)))`, or `E f(C(x) - E C(G(z))) + E f(E C(x) - C(G(z)))`.

    The first is of pairs, example `i` with `i` (section 4.2), the second, with
    `average`, of each against the mean of the others (section 4.3).

    Args:
        real, fake: float tensors `(batch, 1)` or `(batch,)`, or maps, of one shape.
        form: `"logistic"`, `f(d) = softplus(-d)`: RSGAN and RaSGAN; `"least_squares"`,
            `(d - 1)^2`; or `"hinge"`, `max(0, 1 - d)`.
        average: bool.

    Returns:
        float32 scalar.
    """
    check_choice("form", form, FORMS)
    real, fake = float32(real), float32(fake)
    if len(real.shape) != len(fake.shape):
        raise ValueError(
            "`real` and `fake` must be of one shape. Received: shapes "
            f"{tuple(real.shape)} and {tuple(fake.shape)}"
        )
    if not average:
        return ops.mean(_cost(real - fake, form))
    ahead = ops.mean(_cost(real - ops.mean(fake), form))
    return ahead + ops.mean(_cost(ops.mean(real) - fake, form))


def relativistic_generator(real, fake, form="logistic", average=False):
    """The discriminator's half with real and fake exchanged (sections 4.2 and 4.3).

    Arguments as in `relativistic_discriminator`.
    """
    return relativistic_discriminator(fake, real, form, average)


def _cost(difference, form):
    if form == "logistic":
        return ops.softplus(-difference)
    if form == "least_squares":
        return ops.square(difference - 1.0)
    return ops.relu(1.0 - difference)
