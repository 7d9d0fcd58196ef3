"""f-divergences, `D_f(P || Q) = E_q f(p / q)`, and f-GAN's two halves of each.

Nowozin, Cseke and Tomioka, 2016, "f-GAN: Training Generative Neural Samplers using
Variational Divergence Minimization", https://arxiv.org/abs/1606.00709, tables 1 and 2.
`D_f` is the largest `E_p T - E_q f*(T)`, that of `T = f'(p / q)`. The discriminator
says a number `v` of each example, of which an increasing `T = g_f(v)` lies where `f*`
is finite. All of `v` is real; more speaks for real. (Where the first version of the
paper has `exp(v)` in the place of `exp(-v)`, more would speak for fake.)

Where `E_q f*(T)` grows as `exp(v)` (`kl`, `squared_hellinger`, `alpha_divergence` for
`alpha` in (0, 1)) it is infinite above some 80, as is `E_p T` below -80 where `T` falls
as `exp(-v)`.
"""

import dataclasses
import math
from collections.abc import Callable

from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.losses.likelihoods import float32

VARIANTS = ("non_saturating", "minimax")


@dataclasses.dataclass(frozen=True)
class FDivergence:
    """What f-GAN needs of one divergence; functions of float32 tensors.

    Attributes:
        f: of the ratio `u = p / q`, at least 0; convex.
        optimum: `f'(u)`, the best `T`; `u` above 0.
        activation: `g_f(v)`, of any number.
        conjugate: `f*(t)`, for `t` in the range of `activation`.
        fake_term: `f*(g_f(v))`, in a form that neither overflows nor cancels early.
        threshold: float. `f'(1)`: a larger `T` says real.
    """

    f: Callable
    optimum: Callable
    activation: Callable
    conjugate: Callable
    fake_term: Callable
    threshold: float


def f_discriminator(real, fake, divergence):
    """`-(E T(x) - E f*(T(G(z))))` with `T = g_f(v)` (Nowozin et al., eq. 7).

    Its least value is `-D_f(P || Q)`.

    Args:
        real, fake: float tensors `(batch, 1)` or `(batch,)`, `v`.
        divergence: a name in `F_DIVERGENCES`, or an `FDivergence`.

    Returns:
        float32 scalar.
    """
    kind = f_divergence(divergence)
    real, fake = float32(real), float32(fake)
    return ops.mean(kind.fake_term(fake)) - ops.mean(kind.activation(real))


def f_generator(fake, divergence, variant="non_saturating"):
    """`-E T(G(z))`, or of the `"minimax"` variant `-E f*(T(G(z)))`.

    The first is the paper's practical form (section 3.2), the second what the
    discriminator's half leaves to the generator (eq. 7).

    Args:
        fake: float tensor `(batch, 1)` or `(batch,)`, `v`.
        divergence: a name in `F_DIVERGENCES`, or an `FDivergence`.
        variant: `"non_saturating"` or `"minimax"`.

    Returns:
        float32 scalar.
    """
    check_choice("variant", variant, VARIANTS)
    kind = f_divergence(divergence)
    term = kind.fake_term if variant == "minimax" else kind.activation
    return -ops.mean(term(float32(fake)))


def f_divergence(divergence):
    """Returns the `FDivergence` of a name in `F_DIVERGENCES`; one itself as it is."""
    if isinstance(divergence, FDivergence):
        return divergence
    return F_DIVERGENCES[check_choice("divergence", divergence, tuple(F_DIVERGENCES))]


def alpha_divergence(alpha):
    """The alpha divergence, `f(u) = (u^a - 1 - a (u - 1)) / (a (a - 1))`.

    At 2 half of Pearson's, near 1 Kullback-Leibler's, near 0 its reverse.

    Args:
        alpha: float other than 0 and 1, `a`.
    """
    a = check_number("alpha", alpha)
    if a in (0.0, 1.0):
        raise ValueError(f"`alpha` must be neither 0 nor 1. Received: alpha={alpha}")
    power = a / (a - 1.0)

    def conjugate(t):  # below the range of f' the best u is 0, and f* is -f(0)
        return (ops.relu(1.0 + (a - 1.0) * t) ** power - 1.0) / a

    def fake_term(v):
        if a > 1.0:
            return conjugate(v)
        exponent = power * (math.log(1.0 - a) + log_softplus(-v))
        return (ops.exp(exponent) - 1.0) / a

    return FDivergence(
        f=lambda u: (u**a - 1.0 - a * (u - 1.0)) / (a * (a - 1.0)),
        optimum=lambda u: (u ** (a - 1.0) - 1.0) / (a - 1.0),
        activation=lambda v: v if a > 1.0 else 1.0 / (1.0 - a) - ops.softplus(-v),
        conjugate=conjugate,
        fake_term=fake_term,
        threshold=0.0,
    )


def weighted_jensen_shannon(weight):
    """`w KL(P || M) + (1 - w) KL(Q || M)` with `M = w P + (1 - w) Q`.

    Args:
        weight: float in (0, 1), `w`; the paper's pi. At 1/2 half of `jensen_shannon`.
    """
    w = check_number("weight", weight, 0.0, 1.0)
    if w in (0.0, 1.0):
        raise ValueError(f"`weight` must be in (0, 1). Received: weight={weight}")
    most, rest = -w * math.log(w), math.log(1.0 - w)

    def fake_term(v):
        # 1 - w exp(t / w) is 1 - sigmoid(v)^(1 / w), which cancels for large v: there
        # it is exp(-v) / w, of which `log_softplus` keeps the logarithm.
        x = ops.softplus(-v) / w
        near = ops.log(-ops.expm1(-ops.maximum(x, 1e-4)))
        far = log_softplus(-v) - math.log(w) - 0.5 * x
        return (1.0 - w) * (rest - ops.where(x > 1e-4, near, far))

    return FDivergence(
        f=lambda u: w * _x_log_x(u) - _x_log_x(1.0 - w + w * u),
        optimum=lambda u: w * (ops.log(u) - ops.log(1.0 - w + w * u)),
        activation=lambda v: most - ops.softplus(-v),
        conjugate=lambda t: (1.0 - w) * (rest - ops.log(1.0 - w * ops.exp(t / w))),
        fake_term=fake_term,
        threshold=0.0,
    )


def _x_log_x(x):
    return x * ops.log(ops.maximum(x, 1e-30))  # 0 at 0


def log_softplus(x):
    """Returns `log softplus(x)`, which is `x` where `softplus(x)` would be 0."""
    return ops.where(x > -15.0, ops.log(ops.softplus(ops.maximum(x, -15.0))), x)


def _jeffrey_conjugate(t):
    """`W(e^(1-t)) + 1 / W(e^(1-t)) + t - 2` with Lambert's `W`.

    `y = log W` solves `y + exp(y) = 1 - t`, by Newton's steps from above. By the
    envelope theorem the slope of `f*(t) = max_u u t - f(u)` is the best `u = 1 / W`,
    so that it needs no gradient of its own. (A `u` held below the best, where floats
    would end, still gives a lower bound.)
    """
    goal = 1.0 - ops.stop_gradient(t)
    y = ops.where(goal > 1.0, ops.log(ops.maximum(goal, 1.0)), goal)
    for _ in range(6):
        w = ops.exp(y)
        y = y - (y + w - goal) / (1.0 + w)
    log_u = ops.stop_gradient(ops.minimum(-y, 80.0))
    u = ops.exp(log_u)
    return u * t - (u - 1.0) * log_u


F_DIVERGENCES = {
    "total_variation": FDivergence(
        f=lambda u: 0.5 * ops.abs(u - 1.0),
        optimum=lambda u: 0.5 * ops.sign(u - 1.0),
        activation=lambda v: 0.5 * ops.tanh(v),
        conjugate=lambda t: t,
        fake_term=lambda v: 0.5 * ops.tanh(v),
        threshold=0.0,
    ),
    "kl": FDivergence(
        f=_x_log_x,
        optimum=lambda u: 1.0 + ops.log(u),
        activation=lambda v: v,
        conjugate=lambda t: ops.exp(t - 1.0),
        fake_term=lambda v: ops.exp(v - 1.0),
        threshold=1.0,
    ),
    "reverse_kl": FDivergence(
        f=lambda u: -ops.log(u),
        optimum=lambda u: -1.0 / u,
        activation=lambda v: -ops.exp(-v),
        conjugate=lambda t: -1.0 - ops.log(-t),
        fake_term=lambda v: v - 1.0,
        threshold=-1.0,
    ),
    "pearson": FDivergence(  # f* as the paper's; below t = -2 the true one is -1
        f=lambda u: ops.square(u - 1.0),
        optimum=lambda u: 2.0 * (u - 1.0),
        activation=lambda v: v,
        conjugate=lambda t: 0.25 * ops.square(t) + t,
        fake_term=lambda v: 0.25 * ops.square(v) + v,
        threshold=0.0,
    ),
    "neyman": FDivergence(
        f=lambda u: ops.square(1.0 - u) / u,
        optimum=lambda u: 1.0 - 1.0 / ops.square(u),
        activation=lambda v: 1.0 - ops.exp(-v),
        conjugate=lambda t: 2.0 - 2.0 * ops.sqrt(1.0 - t),
        fake_term=lambda v: 2.0 - 2.0 * ops.exp(-0.5 * v),
        threshold=0.0,
    ),
    "squared_hellinger": FDivergence(
        f=lambda u: ops.square(ops.sqrt(u) - 1.0),
        optimum=lambda u: 1.0 - 1.0 / ops.sqrt(u),
        activation=lambda v: 1.0 - ops.exp(-v),
        conjugate=lambda t: t / (1.0 - t),
        fake_term=lambda v: ops.exp(v) - 1.0,
        threshold=0.0,
    ),
    "jeffrey": FDivergence(
        f=lambda u: (u - 1.0) * ops.log(u),
        optimum=lambda u: 1.0 - 1.0 / u + ops.log(u),
        activation=lambda v: v,
        conjugate=_jeffrey_conjugate,
        fake_term=_jeffrey_conjugate,
        threshold=0.0,
    ),
    "jensen_shannon": FDivergence(  # of this f, `KL(P || M) + KL(Q || M)`: 2 JSD
        f=lambda u: _x_log_x(u) - (u + 1.0) * ops.log(0.5 * (u + 1.0)),
        optimum=lambda u: math.log(2.0) + ops.log(u / (1.0 + u)),
        activation=lambda v: math.log(2.0) - ops.softplus(-v),
        conjugate=lambda t: -ops.log(2.0 - ops.exp(t)),
        fake_term=lambda v: ops.softplus(v) - math.log(2.0),
        threshold=0.0,
    ),
    "gan": FDivergence(  # f(1) is not 0: `D_f = 2 JSD - log 4`
        f=lambda u: _x_log_x(u) - _x_log_x(u + 1.0),
        optimum=lambda u: ops.log(u / (1.0 + u)),
        activation=lambda v: -ops.softplus(-v),
        conjugate=lambda t: -ops.log(1.0 - ops.exp(t)),
        fake_term=lambda v: ops.softplus(v),
        threshold=-math.log(2.0),
    ),
}
