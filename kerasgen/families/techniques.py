"""What any GAN may add to its paper's training: noise, augmentation, averages."""

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.features import Image
from kerasgen.layers.adaptive_augmentation import AdaptiveAugmentation
from kerasgen.layers.differentiable_augmentation import DifferentiableAugmentation
from kerasgen.training.averages import Untracked
from kerasgen.training.generative_model import GenerativeModel


class TechniqueModel(GenerativeModel):
    """Base class of models whose discriminators take the techniques of other papers.

    Args:
        instance_noise: float, at least 0. Standard deviation of the normal noise that
            is added to all the discriminator sees in training, real and generated, in
            the units of its input, in which images span 2 or 1 (Sønderby et al., 2017,
            https://arxiv.org/abs/1610.04490, section 3; Arjovsky and Bottou, 2017).
        instance_noise_steps: int or None. Steps over which that noise falls to 0 in a
            straight line; None keeps it.
        augmentation: None; a policy of `DifferentiableAugmentation` such as
            `"color,translation,cutout"` (Zhao et al., 2020); or `"adaptive"`, or a dict
            of the arguments of `AdaptiveAugmentation` (Karras et al., 2020). All that
            the discriminator sees in training goes through it. Images alone.
        historical_averaging: float, at least 0. Weight of `||theta - mean(theta)||^2`,
            which is added to the loss of each player; the mean is that of its weights
            after each of its updates so far (Salimans et al., 2016,
            https://arxiv.org/abs/1606.03498, section 3.3; 0 before the first).
        seed, name, dtype: as in `GenerativeModel`.
    """

    def __init__(
        self,
        instance_noise=0.0,
        instance_noise_steps=None,
        historical_averaging=0.0,
        augmentation=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.instance_noise = check_number("instance_noise", instance_noise, 0.0)
        if instance_noise_steps is not None:
            check_int("instance_noise_steps", instance_noise_steps)
        self.instance_noise_steps = instance_noise_steps
        weight = check_number("historical_averaging", historical_averaging, 0.0)
        self.historical_averaging = weight
        self._histories = Untracked()
        self.augmentation, self.augmenter = augmentation, None

    # === What the discriminator sees ===

    def add_augmenter(self):
        """Makes the layer of `augmentation`, once `data_range` and fields are known."""
        given = self.augmentation
        if given is None:
            return
        if not isinstance(self.fields.x, Image):
            raise ValueError(
                "`augmentation` must be None for other data than images. "
                f"Received: augmentation={given!r}"
            )
        if given == "adaptive" or isinstance(given, dict):
            options = {} if given == "adaptive" else given
            kind = AdaptiveAugmentation
        else:
            kind, options = DifferentiableAugmentation, {"policy": given}
        self.augmenter = kind(
            **options, value_range=self.data_range, name="augmentation"
        )

    def observe(self, scores):
        """Tells adaptive augmentation the scores of a batch of real images."""
        if isinstance(self.augmenter, AdaptiveAugmentation):
            self.augmenter.observe(scores)

    def disturbed(self, x, training):
        """Returns what the discriminator sees of images, augmented and with noise.

        In training alone; else the images as they are.

        Args:
            x: float tensor `(batch, ...)`, real or generated.
            training: bool.
        """
        if not training:
            return x
        if self.augmenter is not None:
            x = self.augmenter(x, seed=self.draw_seed(training))
        if not self.instance_noise:
            return x
        deviation = self.instance_noise
        if self.instance_noise_steps is not None:
            done = ops.cast(self.steps.value, "float32") / self.instance_noise_steps
            deviation = deviation * ops.maximum(0.0, 1.0 - done)
        x = ops.cast(x, "float32")
        seed = self.draw_seed(training)
        return x + deviation * keras.random.normal(ops.shape(x), seed=seed)

    # === Historical averages ===

    def add_phase(self, name, networks, *args, **kwargs):
        super().add_phase(name, networks, *args, **kwargs)
        if not self.historical_averaging:
            return
        variables = self.phase_variables(name)
        means = [
            self.add_weight(
                name=f"{name}_historical_mean_{i}",
                shape=variable.shape,
                trainable=False,
                initializer="zeros",
                aggregation="only_first_replica",
            )
            for i, variable in enumerate(variables)
        ]
        count = self._add_state(f"{name}_historical_updates")
        self._histories[name] = (variables, means, count)

    def added_loss(self, phase):
        """Returns the squared distance of weights to their mean, weighted, or None."""
        if phase not in self._histories:
            return None
        variables, means, count = self._histories[phase]
        far = sum(
            ops.sum(ops.square(ops.cast(v.value, "float32") - m.value))
            for v, m in zip(variables, means, strict=True)
        )
        known = ops.cast(count.value > 0, "float32")
        return self.historical_averaging * known * far

    def moved(self, phase):
        """Takes a player's weights after an update into their mean."""
        if phase not in self._histories:
            return
        variables, means, count = self._histories[phase]
        count.assign(count.value + 1)
        share = 1.0 / ops.cast(count.value, "float32")
        for variable, mean in zip(variables, means, strict=True):
            value = ops.cast(variable.value, mean.dtype)
            mean.assign(mean.value + (value - mean.value) * share)
