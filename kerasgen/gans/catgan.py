"""CatGAN: a GAN whose discriminator sorts data into classes, with labels or without.

Springenberg, 2016, "Unsupervised and Semi-supervised Learning with Categorical
Generative Adversarial Networks", https://arxiv.org/abs/1511.06390, section 3.
Official code: none read.

Differs from the paper:
1. Networks are chosen by name, see `kerasgen/networks/players.py`; its own have dense
   layers with noise, or convolutions with pooling.
2. One batch mixes labelled and unlabelled images as the data do.
3. Adam's settings are those of DCGAN.
"""

import math

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.families.classifying import Classifying
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.categorical import (
    categorical_discriminator,
    categorical_generator,
    entropy,
    marginal_entropy,
)
from kerasgen.registry import register


@register
class CatGAN(Classifying, NamedNetworksModel):
    """Categorical GAN.

    The discriminator gives `p(y|x)` over K classes, and no logit of being real. With
    the entropy `H` and the mean assignment of a batch it minimises

    `-H[E p(y|x)] + E H[p(y|x)] - E H[p(y|G(z))] + w E_labeled[-log p(y|x)]`:

    it is certain of data, uses all classes alike, and is uncertain of what is
    generated. The generator minimises `-H[E p(y|G(z))] + E H[p(y|G(z))]`.

    Args:
        image_shape, latent_dim: as in
            `kerasgen.families.named_networks.NamedNetworksModel`.
        num_clusters: int. K. Defaults to `20`, the paper's without labels.
        semi_supervised: bool. Whether it also learns from labels,
            `0..num_clusters - 1`, or -1 for none. Images are generated without.
        class_weight: float, at least 0. `w`. Defaults to `1.0`.
        architecture, filters: as in `NamedNetworksModel`.
        latent_distribution: `"uniform"` on `[-1, 1]` or another.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points; where semi-supervised int labels `(batch,)`. Batches should be large:
        the mean assignment is that of a batch.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss` and `generator_loss`; the mean entropies of
        assignments, `discriminator_real_entropy` and `discriminator_fake_entropy`, and
        `discriminator_marginal_entropy`, that of the mean assignment of data, at most
        the log of K; where semi-supervised `discriminator_cross_entropy`, a mean over
        labelled images. All in nats.
    Raises:  ValueError: for `loss`, `label_smoothing` or `top_k`.

    Example:
    >>> model = kerasgen.gans.CatGAN((16, 16, 1), num_clusters=10, filters=4)
    >>> model.classify(np.zeros((2, 16, 16, 1), "uint8")).shape
    (2, 10)

    Reference: [Springenberg, 2016](https://arxiv.org/abs/1511.06390), section 3.
    """

    opinions = ("real_entropy", "fake_entropy")

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        num_clusters=20,
        semi_supervised=False,
        class_weight=1.0,
        architecture=None,
        filters=None,
        latent_distribution="uniform",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            outputs=check_int("num_clusters", num_clusters, 2),
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.refuse_losses("loss", "label_smoothing", "top_k")
        self.num_clusters = num_clusters
        self.semi_supervised = bool(semi_supervised)
        self.class_weight = check_number("class_weight", class_weight, 0.0)
        self.learn_classes(num_clusters if semi_supervised else None)
        told = ("cross_entropy",) if semi_supervised else ()
        self.add_players(measured=("marginal_entropy", *told))

    def discriminate(self, x, labels=None, training=False):
        """Returns the logits of the classes, `(batch, K)`, and labels or None."""
        return self.discriminator(self.with_labels(x, None), training=training), labels

    def class_logits(self, x, training=False):
        return self.discriminate(x, training=training)[0]

    def score(self, said):
        """Returns how certain the assignment is, its negative entropy, `(batch, 1)`."""
        return -entropy(said[0])[:, None]

    def discriminator_objective(self, real, fake):
        loss = categorical_discriminator(real[0], fake[0])
        if not self.semi_supervised:
            return loss
        return loss + self.class_weight * self.cross_entropy(*real)

    def generator_objective(self, fake, real=None):
        return categorical_generator(fake[0])

    def describe(self, real, fake):
        return {
            "real_entropy": ops.mean(entropy(real[0])),
            "fake_entropy": ops.mean(entropy(fake[0])),
        }

    def measure(self, real, fake):
        measured = {"marginal_entropy": marginal_entropy(real[0])}
        if self.semi_supervised:
            measured["cross_entropy"] = self.cross_entropy(*real)
        return measured

    def separation(self, scalars):
        """Returns by how much of log K assignments of data are the more certain."""
        kinds = ("fake", "real")
        fake, real = (scalars[f"discriminator_{kind}_entropy"] for kind in kinds)
        return (fake - real) / math.log(self.num_clusters)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}
