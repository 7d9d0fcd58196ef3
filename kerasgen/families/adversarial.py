"""GANs of two players: a model gives its networks and the loss of its paper."""

from keras import ops

from kerasgen.arguments import check_decay, check_int, check_number
from kerasgen.families.penalized import PenalizedModel
from kerasgen.layers.labels import join_label_maps
from kerasgen.losses.choices import choose_loss


class TwoPlayerModel(PenalizedModel):
    """Base class of GANs whose generator plays against one discriminator.

    A model builds `self.generator` and `self.discriminator`, calls `add_players`, and
    says what its paper's loss and penalty are where they are not those of Goodfellow et
    al. Real and fake batches go through the discriminator apart, each normalised by its
    own statistics, unless the class has `judges_together`.

    Args:
        loss: str or None. The adversarial loss in place of the paper's, one of
            `kerasgen.losses.by_name.ADVERSARIAL_LOSSES`: `"non_saturating"`,
            `"minimax"`, `"least_squares"`, `"wasserstein"`, `"hinge"`,
            `"relativistic"` and others.
        label_smoothing: float in [0, 1). Share that one-sided label smoothing takes
            from the target of real examples (Salimans et al., 2016, section 3.4), for
            losses that have targets.
        top_k: float in (0, 1]. Share of generated examples, those that the
            discriminator takes for real the most, on which the generator trains at last
            (Sinha et al., 2020, https://arxiv.org/abs/2002.06224, section 3).
        top_k_steps: int. Steps over which the share falls from 1 to `top_k`, evenly;
            0 for at once.
        **kwargs: as in `PenalizedModel`, `penalty` among them, and `AdversarialModel`.

    Attributes:
        judges_together: bool. Whether both kinds go through the discriminator as one
            batch, and with `training=True` there alone, not in the generator's update.
            So spectral norms make one power iteration an update of the discriminator,
            in which all images see the same weights. For discriminators that have
            neither batch normalisation nor dropout.
        paper_loss: str or `kerasgen.losses.by_name.AdversarialLoss`. The paper's.
        judge_name: str. Name of the phase and of the attribute of the network that
            judges, `"discriminator"` or `"critic"`.
        opinions: tuple of str. What `describe` returns for that phase's log.
    """

    judges_together = False
    paper_loss = "non_saturating"
    judge_name = "discriminator"
    opinions = ("real", "fake")

    def __init__(
        self,
        *args,
        loss=None,
        label_smoothing=0.0,
        top_k=1.0,
        top_k_steps=0,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.loss = loss
        self.label_smoothing = check_decay("label_smoothing", label_smoothing)
        self.top_k = check_number("top_k", top_k, 0.0, 1.0)
        if self.top_k == 0.0:
            raise ValueError(f"`top_k` must be above 0. Received: top_k={top_k}")
        self.top_k_steps = check_int("top_k_steps", top_k_steps, 0)

    def add_players(
        self,
        updates=1,
        penalized=False,
        simultaneous=False,
        measured=(),
        generator_scalars=("loss",),
        generating=None,
    ):
        """Declares the discriminator, which moves first, and the generator.

        Args:
            updates: int. The discriminator's updates in a step, each on a fresh batch.
                (For several of the generator, which needs none, override `update`.)
            penalized: bool. Whether its loss holds `penalty`, which is logged.
            simultaneous: bool. Whether both move at once, by one pass over one batch
                of generated images.
            measured: tuple of str. What `measure` returns for the discriminator's log.
            generator_scalars: tuple of str. What is logged of the generator.
            generating: list of layers, all that the generator's phase moves; None for
                `self.generator` alone.
        """
        chosen = self.paper_loss if self.loss is None else self.loss
        self.adversarial_loss = choose_loss(chosen, self.label_smoothing)
        if self.top_k < 1.0 and self.adversarial_loss.needs_real:
            raise ValueError(
                "`top_k` must be 1 for a relativistic loss, which takes examples in "
                f"pairs. Received: top_k={self.top_k}, loss={self.loss!r}"
            )
        self.add_augmenter()
        network = getattr(self, self.judge_name)
        if self.penalties is not None:
            penalized = bool(self.penalties)
            self.prepare_penalties(network)
        penalty = ("penalty",) if penalized or self.penalties else ()
        scalars = ("loss", *self.opinions, *measured, *penalty)
        self.add_phase(self.judge_name, network, scalars=scalars, updates=updates)
        moved = generating or self.generator
        self.add_phase("generator", moved, scalars=generator_scalars)
        if simultaneous:
            self.join_phases(self.judge_name, "generator")

    # === What a model may give ===

    def discriminate(self, x, labels, training):
        """Returns what the discriminator says of `x`, `(batch, 1)` or a map.

        Labels stand as maps of ones and zeros behind the channels.
        """
        x = join_label_maps(x, labels, self.num_classes)
        return getattr(self, self.judge_name)(x, training=training)

    def score(self, said):
        """Returns the score of being real of what the discriminator says: all of it."""
        return said

    def discriminator_objective(self, real, fake):
        """Returns the loss of the discriminator, of what it says of both kinds."""
        return self.adversarial_loss.discriminator(self.score(real), self.score(fake))

    def generator_objective(self, fake, real=None):
        """Returns the loss of the generator, of what is said of its images.

        Args:
            fake: what the discriminator says of generated images.
            real: what it says of real ones, where `adversarial_loss.needs_real`.
        """
        real = None if real is None else self.score(real)
        return self.adversarial_loss.generator(real, self.score(fake))

    def opinion(self, said):
        """Returns what is logged of what the discriminator says: of logits, `D(x)`."""
        return self.adversarial_loss.opinion(self.score(said))

    def describe(self, real, fake):
        """Returns the scalars of `opinions`, of what is said of both kinds, a dict."""
        said = {"real": real, "fake": fake}
        return {name: ops.mean(self.opinion(said[name])) for name in self.opinions}

    def measure(self, real, fake):
        """Returns further scalars of what is said of both kinds, a dict."""
        return {}

    # === Losses ===

    def judge(self, x, labels, training, judged=None):
        """Returns what the discriminator says of images as it gets them in training.

        Args:
            x, labels: images, real or generated, and their labels or None.
            training: bool. Whether noise and augmentation disturb the images.
            judged: bool or None. The discriminator's own `training`, where it differs.
        """
        judged = training if judged is None else judged
        return self.discriminate(self.disturbed(x, training), labels, judged)

    def compute_losses(self, phase, x, labels, training):
        fake = self.generate_like(x, labels, training)
        if phase == "generator":
            judged = training and not self.judges_together
            said, real = self.judge(fake, labels, training, judged), None
            if self.adversarial_loss.needs_real:
                real = self.judge(x, labels, training, judged)
            return {"loss": self._generator_loss(said, real, training)}
        fake = ops.stop_gradient(fake)
        return self._judged(x, fake, labels, training)[0]

    def compute_joint_losses(self, phases, x, labels, training):
        fake = self.generate_like(x, labels, training)
        losses, real, said = self._judged(x, fake, labels, training)
        loss = self._generator_loss(said, real, training)
        return {self.judge_name: losses, "generator": {"loss": loss}}

    def _generator_loss(self, fake, real, training):
        real = real if self.adversarial_loss.needs_real else None
        if not training or self.top_k == 1.0:
            return self.generator_objective(fake, real)
        return self._top_k_loss(fake)

    def _top_k_loss(self, said):
        """Returns the generator's loss of the share that is taken for real the most."""
        score = self.score(said)
        count = ops.shape(score)[0]
        mean = ops.mean(ops.reshape(score, (count, -1)), axis=1)
        order = ops.argsort(ops.stop_gradient(-mean))
        done = 1.0
        if self.top_k_steps:
            steps = ops.cast(self.steps.value, "float32")
            done = ops.minimum(1.0, steps / self.top_k_steps)
        share = 1.0 - done * (1.0 - self.top_k)
        size = ops.cast(count, "float32")
        kept = ops.maximum(1.0, ops.ceil(share * size - 1e-4))
        chosen = ops.cast(ops.arange(count), "float32") < kept
        terms = ops.vectorized_map(self._term, _ordered(said, order))
        return ops.sum(ops.where(chosen, terms, 0.0)) / kept

    def _term(self, said):
        return self.generator_objective(_mapped(lambda x: x[None], said))

    def _judged(self, x, fake, labels, training):
        """Returns the discriminator's scalars, and what it says of real and of fake."""
        real_said, fake_said = self._judge_both(x, fake, labels, training)
        losses = self._judgement(real_said, fake_said, x, fake, labels, training)
        return losses, real_said, fake_said

    def _judgement(self, real_said, fake_said, x, fake, labels, training):
        """Returns the discriminator's scalars, of what it says of both kinds."""
        if training:
            self.observe(self.score(real_said))
        losses = {
            "loss": self.discriminator_objective(real_said, fake_said),
            **self.describe(real_said, fake_said),
            **self.measure(real_said, fake_said),
        }
        said = real_said, fake_said
        penalty = self.chosen_penalty(
            x, ops.stop_gradient(fake), labels, training, said
        )
        if penalty is not None:
            losses["loss"] = losses["loss"] + penalty
            losses["penalty"] = penalty
        return losses

    def _judge_both(self, x, fake, labels, training):
        """Returns what the discriminator says of real and of fake images."""
        if not self.judges_together:
            return tuple(self.judge(i, labels, training) for i in (x, fake))
        both = ops.concatenate([x, ops.cast(fake, x.dtype)])
        twice = None if labels is None else ops.concatenate([labels, labels])
        said, count = self.judge(both, twice, training), ops.shape(x)[0]
        return said[:count], said[count:]

    def separation(self, scalars):
        loss = scalars[f"{self.judge_name}_loss"]
        loss -= scalars.get(f"{self.judge_name}_penalty", 0.0)
        undecided = self.adversarial_loss.undecided
        if self.adversarial_loss.bounded:
            return super().separation(scalars)
        return None if undecided is None else 1.0 - loss / undecided


def _mapped(function, said):
    return tuple(map(function, said)) if isinstance(said, tuple) else function(said)


def _ordered(said, order):
    return _mapped(lambda x: ops.take(x, order, axis=0), said)
