"""GANs of two players: a model gives its networks and two objectives."""

from keras import ops

from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.layers.labels import join_label_maps
from kerasgen.losses.adversarial import (
    logistic_discriminator,
    non_saturating_generator,
)


class TwoPlayerModel(AdversarialModel):
    """Base class of GANs whose generator plays against one discriminator.

    A model builds `self.generator` and `self.discriminator`, calls `add_players`, and
    gives its objectives where they are not those of Goodfellow et al., and `penalty`
    where its paper has one. Real and fake batches go through the discriminator apart,
    each normalised by its own statistics, unless the class has `judges_together`.

    Attributes:
        judges_together: bool. Whether both kinds go through the discriminator as one
            batch, and with `training=True` there alone, not in the generator's update.
            So spectral norms make one power iteration an update of the discriminator,
            in which all images see the same weights. For discriminators that have
            neither batch normalisation nor dropout.
    """

    judges_together = False

    def add_players(self, updates=1, penalized=False, simultaneous=False, measured=()):
        """Declares the discriminator, which moves first, and the generator.

        Args:
            updates: int. The discriminator's updates in a step, each on a fresh batch.
                (For several of the generator, which needs none, override `update`.)
            penalized: bool. Whether its loss holds `penalty`, which is logged.
            simultaneous: bool. Whether both move at once, by one pass over one batch
                of generated images.
            measured: tuple of str. What `measure` returns for the discriminator's log.
        """
        penalty = ("penalty",) if penalized else ()
        scalars = ("loss", "real", "fake", *measured, *penalty)
        self.add_phase(
            "discriminator", self.discriminator, scalars=scalars, updates=updates
        )
        self.add_phase("generator", self.generator)
        if simultaneous:
            self.join_phases("discriminator", "generator")

    def discriminate(self, x, labels, training):
        """Returns what the discriminator says of `x`, `(batch, 1)` or a map.

        Labels stand as maps of ones and zeros behind the channels.
        """
        x = join_label_maps(x, labels, self.num_classes)
        return self.discriminator(x, training=training)

    def discriminator_objective(self, real, fake):
        """Returns the loss of the discriminator, of what it says of both kinds."""
        return logistic_discriminator(real, fake)

    def generator_objective(self, fake):
        """Returns the loss of the generator, of what is said of its images."""
        return non_saturating_generator(fake)

    def penalty(self, x, fake, labels, training):
        """Returns what is added to the discriminator's loss, weighted, or None."""
        return None

    def opinion(self, said):
        """Returns what is logged of what the discriminator says: of logits, `D(x)`."""
        return ops.sigmoid(said)

    def measure(self, real, fake):
        """Returns further scalars of what is said of both kinds, a dict."""
        return {}

    def compute_losses(self, phase, x, labels, training):
        fake = self.generate_like(x, labels, training)
        if phase == "generator":
            judged = training and not self.judges_together
            said = self.discriminate(fake, labels, judged)
            return {"loss": self.generator_objective(said)}
        fake = ops.stop_gradient(fake)
        return self._judged(x, fake, labels, training)[0]

    def compute_joint_losses(self, phases, x, labels, training):
        fake = self.generate_like(x, labels, training)
        losses, said = self._judged(x, fake, labels, training)
        return {
            "discriminator": losses,
            "generator": {"loss": self.generator_objective(said)},
        }

    def _judged(self, x, fake, labels, training):
        """Returns the discriminator's scalars, and what it says of `fake`."""
        real_said, fake_said = self._judge(x, fake, labels, training)
        losses = {
            "loss": self.discriminator_objective(real_said, fake_said),
            "real": ops.mean(self.opinion(real_said)),
            "fake": ops.mean(self.opinion(fake_said)),
            **self.measure(real_said, fake_said),
        }
        penalty = self.penalty(x, ops.stop_gradient(fake), labels, training)
        if penalty is not None:
            losses["loss"] = losses["loss"] + penalty
            losses["penalty"] = penalty
        return losses, fake_said

    def _judge(self, x, fake, labels, training):
        """Returns what the discriminator says of real and of fake images."""
        if not self.judges_together:
            images = (x, fake)
            return tuple(self.discriminate(i, labels, training) for i in images)
        both = ops.concatenate([x, ops.cast(fake, x.dtype)])
        twice = None if labels is None else ops.concatenate([labels, labels])
        said, count = self.discriminate(both, twice, training), ops.shape(x)[0]
        return said[:count], said[count:]
