"""AM-GAN: each generated image is given one class to become, among K + 1.

Zhou, Cai, Rong, Song, Ren, Zhang, Wang and Yu, 2018, "Activation Maximization
Generative Adversarial Nets", https://arxiv.org/abs/1703.02000, sections 3 and 4.
Official code: ZhimingZhou/AM-GAN.

Differs from the paper:
1. The classifier of K classes that its last form adds is left out.
2. Networks are chosen by name, see `kerasgen/networks/players.py`; the code's
   discriminator has dropout as well. Its noise is `instance_noise=0.1`.
3. Rates stay; the code lets them fall in a straight line.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.classifying import Classifying
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.likelihoods import categorical_log_prob
from kerasgen.registry import register

LABELINGS = ("dynamic", "given")


@register
class AMGAN(Classifying, NamedNetworksModel):
    """Activation maximization GAN.

    The discriminator is a classifier of K + 1 classes, the last of which is generated.
    It minimises `E -log p(y|x)` of data and `E -log p(K + 1|G(z))`; the generator
    `E -log p(c|G(z))`, where `c` is, by `"dynamic"` labels, the one of the K classes
    that the discriminator gives the image the most, without a gradient; or, by
    `"given"` ones, the class that the generator was asked for.

    Args:
        image_shape: as in `kerasgen.families.named_networks.NamedNetworksModel`.
        known_classes: int. K, at least 2.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        labeling: `"dynamic"`, where images are generated without labels; or `"given"`.
        architecture, filters: as in `NamedNetworksModel`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, and int labels `(batch,)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss`, in nats; the mean probabilities
        of being of any of the K classes that data and generated images have,
        `discriminator_real` and `discriminator_fake`; the cross entropy of the data's
        labels among the K classes, in nats, `discriminator_cross_entropy`.
    Raises:  ValueError: for `loss` or `label_smoothing`.

    Example:
    >>> model = kerasgen.gans.AMGAN((16, 16, 1), known_classes=10, filters=4)
    >>> model.sample(2, seed=0).shape
    (2, 16, 16, 1)

    Reference: [Zhou et al., 2018](https://arxiv.org/abs/1703.02000), section 3.
    """

    allows_unlabeled = False
    judges_labels = False

    def __init__(
        self,
        image_shape,
        known_classes,
        latent_dim=100,
        labeling="dynamic",
        architecture=None,
        filters=None,
        **kwargs,
    ):
        check_choice("labeling", labeling, LABELINGS)
        check_int("known_classes", known_classes, 2)
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            outputs=known_classes + 1,
            num_classes=known_classes if labeling == "given" else None,
            **kwargs,
        )
        self.refuse_losses("loss", "label_smoothing")
        self.labeling = labeling
        self.learn_classes(known_classes)
        self.add_players(measured=("cross_entropy",))

    @property
    def takes_labels(self):
        """Whether `call` takes labels: of `"given"` ones."""
        return self.num_classes is not None

    def discriminate(self, x, labels=None, training=False):
        """Returns logits of K + 1 classes, and of a batch with labels these as well."""
        logits = self.discriminator(self.with_labels(x, None), training=training)
        return (logits,) if labels is None else (logits, labels)

    def class_logits(self, x, training=False):
        return self.discriminate(x, training=training)[0][:, :-1]

    def score(self, said):
        """Returns the logit of being any of the K classes, `(batch, 1)`."""
        known = ops.logsumexp(said[0][:, :-1], axis=-1, keepdims=True)
        return known - said[0][:, -1:]

    def discriminator_objective(self, real, fake):
        generated = -ops.log_softmax(ops.cast(fake[0], "float32"), axis=-1)[:, -1]
        return ops.mean(_cross_entropy(*real)) + ops.mean(generated)

    def generator_objective(self, fake, real=None):
        return ops.mean(_cross_entropy(fake[0], self.target_classes(*fake)))

    def target_classes(self, logits, labels=None):
        """Returns the class that each generated image is to become, int32 `(batch,)`.

        Args:
            logits: float tensor `(batch, K + 1)`, what is said of them.
            labels: int tensor `(batch,)`, the classes asked for, for `"given"` ones.
        """
        if self.labeling == "given":
            return labels
        best = ops.argmax(logits[:, :-1], axis=-1)
        return ops.cast(best, "int32")

    def measure(self, real, fake):
        logits, labels = real
        return {"cross_entropy": self.cross_entropy(logits[:, :-1], labels)}

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(4e-4, beta_1=0.5) for phase in self.phases}


def _cross_entropy(logits, labels):
    """Returns `-log p(y|x)` among the K + 1 classes, `(batch,)`, in nats."""
    return -categorical_log_prob(ops.cast(labels, "int32"), logits)
