"""Adversarial losses and penalties by name, for models that leave a choice."""

import dataclasses
import functools
import math
from collections.abc import Callable

import keras
from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.losses import adversarial, penalties, regularizers, relativistic
from kerasgen.losses.boundary_seeking import boundary_seeking_generator
from kerasgen.losses.f_divergence import (
    F_DIVERGENCES,
    f_discriminator,
    f_divergence,
    f_generator,
)
from kerasgen.losses.likelihoods import float32


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """Both halves of an adversarial loss, and how to read what is said.

    Attributes:
        discriminator: function of what is said of real and of generated examples,
            `(real, fake)`, to a float32 scalar.
        generator: function of the same two to the generator's; `real` may be None
            unless `needs_real`.
        opinion: function of what is said to what is logged of it: of logits the
            probability `D(x)`, of f-divergences `T(x)`, else itself.
        bounded: bool. Whether `opinion` is a probability.
        needs_real: bool. Whether the generator's half needs `real`.
        undecided: float or None. The discriminator's loss where it cannot tell, of
            losses that are never negative; 0 is then the loss of one that always can.
    """

    discriminator: Callable
    generator: Callable
    opinion: Callable
    bounded: bool = False
    needs_real: bool = False
    undecided: float | None = None


def adversarial_loss(name):
    """Returns the `AdversarialLoss` of a name in `ADVERSARIAL_LOSSES`.

    Those of f-divergences are `"f:kl"` and so on, for each name in `F_DIVERGENCES`;
    their generators have the paper's practical form.
    """
    return ADVERSARIAL_LOSSES[check_choice("loss", name, tuple(ADVERSARIAL_LOSSES))]


def _said(x):
    return x


def _without_real(function):
    return lambda real, fake: function(fake)


def _logistic(generator):
    return AdversarialLoss(
        adversarial.logistic_discriminator,
        _without_real(generator),
        ops.sigmoid,
        bounded=True,
        undecided=2.0 * math.log(2.0),
    )


def _relativistic(form, average):
    options = {"form": form, "average": average}
    undecided = math.log(2.0) if form == "logistic" else 1.0
    return AdversarialLoss(
        functools.partial(relativistic.relativistic_discriminator, **options),
        functools.partial(relativistic.relativistic_generator, **options),
        _said,
        needs_real=True,
        undecided=2.0 * undecided if average else undecided,
    )


def _of_divergence(name):
    kind = f_divergence(name)
    return AdversarialLoss(
        functools.partial(f_discriminator, divergence=name),
        lambda real, fake: f_generator(fake, name),
        lambda said: kind.activation(float32(said)),
    )


ADVERSARIAL_LOSSES = {
    "non_saturating": _logistic(adversarial.non_saturating_generator),
    "minimax": _logistic(adversarial.minimax_generator),
    "boundary_seeking": _logistic(boundary_seeking_generator),
    "least_squares": AdversarialLoss(
        adversarial.least_squares_discriminator,
        _without_real(adversarial.least_squares_generator),
        _said,
        undecided=0.25,
    ),
    "wasserstein": AdversarialLoss(
        adversarial.wasserstein_critic,
        _without_real(adversarial.wasserstein_generator),
        _said,
    ),
    "hinge": AdversarialLoss(
        adversarial.hinge_discriminator,
        _without_real(adversarial.hinge_generator),
        _said,
        undecided=2.0,
    ),
    "relativistic": _relativistic("logistic", False),
    "relativistic_average": _relativistic("logistic", True),
    "relativistic_least_squares": _relativistic("least_squares", False),
    "relativistic_average_least_squares": _relativistic("least_squares", True),
    "relativistic_hinge": _relativistic("hinge", False),
    "relativistic_average_hinge": _relativistic("hinge", True),
    **{f"f:{name}": _of_divergence(name) for name in F_DIVERGENCES},
}


@dataclasses.dataclass(frozen=True)
class Penalty:
    """A penalty on the discriminator's logit or the critic's score, or on its gradient.

    Attributes:
        function: function to a float32 scalar, without weight. Of the gradient it is of
            `(critic, real, fake, seed)`: a function from a batch to one score an
            example, two float tensors `(batch, ...)` and a seed of `keras.random`. Of
            augmented examples it is of `(critic, real, fake, augment)`, with a function
            from a batch to an augmented one; of what is said it is of `(real_said,
            fake_said, real_average, fake_average)`, as in
            `kerasgen.losses.regularizers.lecam`. No gradient goes through `fake`.
        weight: float, the paper's.
        points: `"between"` real and generated examples, `"real"`, `"near_real"` or
            `"fake"`: where it takes the gradient; `"augmented"` or `"said"` for
            penalties that take none.
    """

    function: Callable
    weight: float
    points: str

    @property
    def of_gradient(self):
        return self.points not in ("augmented", "said")


def penalty_by_name(name):
    """Returns the `Penalty` of a name in `PENALTIES`."""
    return PENALTIES[check_choice("penalty", name, tuple(PENALTIES))]


def _uniform(x, shape, seed):
    shape = (ops.shape(x)[0], *shape)
    return keras.random.uniform(shape, dtype="float32", seed=seed)


def _between(penalty):
    def function(critic, real, fake, seed=None):
        fake = ops.stop_gradient(float32(fake))
        return penalty(critic, real, fake, _uniform(real, (), seed))

    return function


def _dragan(critic, real, fake=None, seed=None):
    # One draw, as a seed that is an int would give the same numbers twice.
    size = math.prod(real.shape[1:])
    uniform = _uniform(real, (size + 1,), seed)
    noise = ops.reshape(uniform[:, 1:], (-1, *real.shape[1:]))
    points = penalties.perturbed(real, noise, uniform[:, 0])
    return penalties.norm_penalty(critic, points)


def _r1(critic, real, fake=None, seed=None):
    return penalties.squared_gradient(critic, real)


def _r2(critic, real, fake, seed=None):
    return penalties.squared_gradient(critic, ops.stop_gradient(float32(fake)))


def _consistency(critic, real, fake, augment):
    return regularizers.consistency(critic, real, augment)


def _balanced_consistency(critic, real, fake, augment):
    fake = ops.stop_gradient(float32(fake))
    return regularizers.balanced_consistency(critic, real, fake, augment)


PENALTIES = {
    "gradient": Penalty(_between(penalties.gradient_penalty), 10.0, "between"),
    "one_sided": Penalty(_between(penalties.one_sided_penalty), 10.0, "between"),
    "zero_centred": Penalty(_between(penalties.zero_centred_penalty), 100.0, "between"),
    "dragan": Penalty(_dragan, 10.0, "near_real"),
    "r1": Penalty(_r1, 10.0, "real"),
    "r2": Penalty(_r2, 10.0, "fake"),
    "consistency": Penalty(_consistency, 10.0, "augmented"),
    "balanced_consistency": Penalty(_balanced_consistency, 10.0, "augmented"),
    "lecam": Penalty(regularizers.lecam, 0.3, "said"),
    "one_sided_lecam": Penalty(
        functools.partial(regularizers.lecam, one_sided=True), 0.3, "said"
    ),
}
