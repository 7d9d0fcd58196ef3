"""Penalties of a discriminator: the paper's, or others by name in its place."""

from keras import ops

from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.features import Image
from kerasgen.layers.differentiable_augmentation import DifferentiableAugmentation
from kerasgen.losses.choices import choose_penalties
from kerasgen.losses.penalties import require_twice_differentiable

_KEPT = 0.99  # of averages of what is said, a batch: the paper of LeCam's


class PenalizedModel(AdversarialModel):
    """Base class of GANs whose discriminator's loss may hold penalties.

    A model has `judge` and `score`, as `TwoPlayerModel` does.

    Args:
        penalty: None (the paper's), or what takes its place: a name of
            `kerasgen.losses.by_name.PENALTIES`, `"gradient"`, `"r1"` and others, with
            its paper's weight; a dict from names to weights; or `{}` for none. Those
            named consistency compare images with the same moved by up to an eighth of
            the sides; those named lecam keep moving averages of decay 0.99.
        **kwargs: as in `AdversarialModel`.
    """

    def __init__(self, *args, penalty=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.penalties = choose_penalties(penalty)

    def prepare_penalties(self, network):
        """Checks the network and makes what the chosen penalties need."""
        points = {penalty.points for penalty, _ in self.penalties}
        if any(penalty.of_gradient for penalty, _ in self.penalties):
            require_twice_differentiable(network)
        if "augmented" in points:
            if not isinstance(self.fields.x, Image):
                raise ValueError(
                    "`penalty` must not be of consistency for other data than images. "
                    f"Received: fields={self.fields}"
                )
            self._moved_images = DifferentiableAugmentation(
                "translation", value_range=self.data_range, name="consistency"
            )
        if "said" in points:
            names = ("real", "fake")
            self._said_averages = [
                self._add_state(f"penalty_average_{kind}", 0.0, "float32")
                for kind in names
            ]
            self._said_updates = self._add_state("penalty_average_updates")

    def penalty(self, x, fake, labels, training):
        """Returns what is added to the discriminator's loss, weighted, or None."""
        return None

    def penalize(self, penalties, x, fake, labels, training, said=None):
        """Returns the sum of named penalties on the score and its slope, weighted.

        Args:
            penalties: as in `kerasgen.losses.choices.choose_penalties`, or what it
                returned.
            x, fake, labels, training: as in `penalty`.
            said: pair of what the discriminator says of both kinds, or None to ask it.
        """
        if isinstance(penalties, dict):
            penalties = choose_penalties(penalties)

        def moved(x):
            return self._moved_images(x, seed=self.draw_seed(training))

        critic, total = self.critic_of(labels, training), 0.0
        for penalty, weight in penalties:
            if penalty.points == "said":
                found = self._penalize_said(
                    penalty, said or tuple(map(critic, (x, fake))), training
                )
            elif penalty.points == "augmented":
                found = penalty.function(critic, x, fake, moved)
            else:
                judged = self.examples_judged(x, fake, labels, training)
                found = penalty.function(*judged, self.draw_seed(training))
            total = total + weight * found
        return total

    def critic_of(self, labels, training):
        """Returns a function from a batch with these labels to its scores."""
        return lambda x: self.score(self.judge(x, labels, training))

    def examples_judged(self, x, fake, labels, training):
        """Returns what penalties on slopes take: a critic, real and fake examples.

        For a discriminator that scores several examples at once, these are one.
        """
        return self.critic_of(labels, training), x, fake

    def _penalize_said(self, penalty, said, training):
        """Returns a penalty by moving averages, which the present batch enters first.

        They are those of the batches so far, and not drawn to the 0 that they start
        from, as in LeCam's code for StyleGAN2.
        """
        scores = [self.score(one) for one in said]
        averages, count = self._said_averages, self._said_updates
        if training:
            count.assign(count.value + 1)
            for average, score in zip(averages, scores, strict=True):
                mean = ops.stop_gradient(ops.mean(ops.cast(score, "float32")))
                average.assign(_KEPT * average.value + (1.0 - _KEPT) * mean)
        updates = ops.cast(ops.maximum(count.value, 1), "float32")
        share = 1.0 - ops.power(_KEPT, updates)
        return penalty.function(*scores, *(a.value / share for a in averages))

    def chosen_penalty(self, x, fake, labels, training, said=None):
        """Returns the chosen penalties, weighted, or the paper's, or None."""
        if self.penalties is None:
            return self.penalty(x, fake, labels, training)
        if not self.penalties:
            return None
        return self.penalize(self.penalties, x, fake, labels, training, said)
