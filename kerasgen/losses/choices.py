"""What a model is told of its loss and its penalties, resolved and checked."""

import dataclasses
import functools

from keras import ops

from kerasgen.arguments import check_number
from kerasgen.losses.adversarial import (
    least_squares_discriminator,
    least_squares_generator,
    logistic_discriminator,
)
from kerasgen.losses.by_name import (
    ADVERSARIAL_LOSSES,
    AdversarialLoss,
    adversarial_loss,
    penalty_by_name,
)


def choose_loss(loss, label_smoothing=0.0):
    """Returns an `AdversarialLoss`, with the targets of real examples smoothed.

    Of the logistic loss a share `s` of real examples counts as generated, which adds
    `s E D(x)` of logits; the target of least squares moves by `s` towards the other's.

    Args:
        loss: str, a name in `ADVERSARIAL_LOSSES`, or an `AdversarialLoss`.
        label_smoothing: float in [0, 1): `s`.

    Raises:
        ValueError: if the name is unknown, or the loss has no targets to smooth.
    """
    if not isinstance(loss, AdversarialLoss):
        loss = adversarial_loss(loss)
    if not label_smoothing:
        return loss
    if loss.discriminator is logistic_discriminator:
        smooth = functools.partial(_smoothed_logistic, share=label_smoothing)
    elif _of_least_squares(loss.discriminator):
        real, fake = _least_squares_targets(loss.discriminator)
        smooth = functools.partial(
            least_squares_discriminator,
            real_target=real - label_smoothing * (real - fake),
            fake_target=fake,
        )
    else:
        raise ValueError(
            "`label_smoothing` must be 0 for a loss without targets: the logistic "
            'losses have them, and "least_squares". '
            f"Received: label_smoothing={label_smoothing}"
        )
    return dataclasses.replace(loss, discriminator=smooth)


def least_squares_loss(fake_target=0.0, real_target=1.0, generator_target=1.0):
    """Returns the loss of Mao et al., 2017, with targets `a`, `b` and `c`."""
    targets = {"real_target": real_target, "fake_target": fake_target}
    return dataclasses.replace(
        ADVERSARIAL_LOSSES["least_squares"],
        discriminator=functools.partial(least_squares_discriminator, **targets),
        generator=lambda real, fake: least_squares_generator(fake, generator_target),
        undecided=((real_target - fake_target) / 2.0) ** 2,
    )


def choose_penalties(penalty):
    """Returns a list of pairs of a `Penalty` and its weight, or None.

    Args:
        penalty: None; a name in `PENALTIES`, with its paper's weight; or a dict from
            names to weights, at least 0. An empty one is for no penalty.

    Raises:
        ValueError: if a name is unknown, or a weight below 0.
    """
    if penalty is None:
        return None
    if not isinstance(penalty, dict):
        penalty = {penalty: penalty_by_name(penalty).weight}
    return [
        (
            penalty_by_name(name),
            check_number(f"penalty[{name!r}]", weight, 0.0),
        )
        for name, weight in penalty.items()
    ]


def _of_least_squares(function):
    inner = getattr(function, "func", function)
    return inner is least_squares_discriminator


def _least_squares_targets(discriminator):
    """Returns the targets of real and generated examples of a discriminator's half."""
    given = getattr(discriminator, "keywords", {})
    return given.get("real_target", 1.0), given.get("fake_target", 0.0)


def _smoothed_logistic(real, fake, share):
    extra = ops.mean(ops.cast(real, "float32"))
    return logistic_discriminator(real, fake) + share * extra
