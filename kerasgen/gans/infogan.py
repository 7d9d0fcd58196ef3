"""InfoGAN: a GAN with codes that its images are made to tell.

Chen, Duan, Houthooft, Schulman, Sutskever and Abbeel, 2016, "InfoGAN: Interpretable
Representation Learning by Information Maximizing Generative Adversarial Nets",
https://arxiv.org/abs/1606.03657, sections 4 to 7 and C.1.
Official code: openai/InfoGAN.

Differs from the paper:
1. The entropy of continuous codes is log 2; the released code takes for it what a
   normal distribution says of them, a constant as well.
2. Each kind of codes has a weight of its own, `lambda`, 1 unless told otherwise.
3. Depth follows the image: sides are halved down to 4 to 7, twice at least.
4. Dense layers start as Keras's do, convolutions as in the released code.
5. The discriminator's dense layer has no batch normalisation: with it, real and
   generated batches being normalised apart, images stayed grey.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.layers.latent_codes import LatentCodes
from kerasgen.layers.sizes import halvings
from kerasgen.losses.adversarial import logistic_discriminator, non_saturating_generator
from kerasgen.networks.dense_convolutional import (
    dense_convolutional_generator,
    dense_convolutional_trunk,
    dense_head,
)
from kerasgen.registry import register


@register
class InfoGAN(AdversarialModel):
    """Information maximizing GAN.

    Latents are noise and codes `c`, categorical and continuous. A posterior `Q(c|x)`,
    a head on the discriminator's features, bounds the mutual information of codes and
    images from below, `L_I = H(c) + E log Q(c|G(z, c))` (eq. 5). As released,
    discriminator and generator both descend their loss minus `lambda L_I`, and the head
    and its features move with the discriminator. By equation 6 of the paper only the
    generator and `Q` ascend it, at once: all of `Q`, the shared features, too, which
    the discriminator moves before.

    Args:
        image_shape: tuple `(height, width, channels)`; height and width divisible by
            4 and at least 8. 28x28 is the paper's.
        noise_dim: int. Size of the noise. Defaults to `62`.
        categories: tuple of ints, values of each categorical code. Defaults to `(10,)`.
        num_continuous: int. Continuous codes, on `[-1, 1]`. Defaults to `2`.
        categorical_weight, continuous_weight: float. `lambda` of the codes of a kind.
        filters: int. Maps of the discriminator's first convolution, doubled at each
            halving up to 8 times as many. Defaults to `64`.
        units: int. Of the dense layers; `Q` has an eighth. Defaults to `1024`.
        variant: `"released"` or `"paper"`, see above. Leaky units have a slope of 0.01
            or 0.1.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 in `[0, 1]`, same shape.
    Scalars: `discriminator_loss` and `generator_loss`, in nats; the mean probabilities
        of being real that images of both kinds have, `discriminator_real` and
        `discriminator_fake`; `L_I`, in nats, summed over the codes of a kind,
        `generator_categorical_information` (at most the log of the number of values)
        and `generator_continuous_information`; for `"paper"`, `information_loss`.
    Raises:  ValueError: if the image cannot be halved twice, or without any code.

    Example:
    >>> model = kerasgen.gans.InfoGAN(image_shape=(28, 28, 1), filters=8, units=64)
    >>> model.sample(10, codes={"categorical": range(10), "continuous": 0.5}).shape
    (10, 28, 28, 1)

    Reference: [Chen et al., 2016](https://arxiv.org/abs/1606.03657), section 5.
    """

    data_range = (0.0, 1.0)

    def __init__(
        self,
        image_shape,
        noise_dim=62,
        categories=(10,),
        num_continuous=2,
        categorical_weight=1.0,
        continuous_weight=1.0,
        filters=64,
        units=1024,
        variant="released",
        **kwargs,
    ):
        codes = LatentCodes(noise_dim, categories, num_continuous)
        super().__init__(
            image_shape,
            codes.size,
            latent_distribution="uniform",
            multiple_of=4,
            minimum=8,
            **kwargs,
        )
        self.latent_codes, self.categories = codes, codes.categories
        self.noise_dim, self.num_continuous = noise_dim, num_continuous
        self.categorical_weight = check_number("categorical_weight", categorical_weight)
        self.continuous_weight = check_number("continuous_weight", continuous_weight)
        self.filters = check_int("filters", filters)
        self.units = check_int("units", units, 8)
        self.variant = check_choice("variant", variant, ("released", "paper"))
        self._build_networks(max(2, halvings(*self.image_shape[:2])))
        self.add_augmenter()
        told = ("loss", *(f"{kind}_information" for kind in codes.kinds))
        players, scalars = [self.trunk, self.source_head], ("loss", "real", "fake")
        if variant == "released":
            self.add_phase("discriminator", [*players, self.code_head], scalars)
            self.add_phase("generator", self.generator, told)
        else:
            self.add_phase("discriminator", players, scalars)
            self.add_phase("generator", self.generator, told)
            self.add_phase("information", self.code_head, shared=self.trunk)
            self.join_phases("generator", "information")

    def _build_networks(self, depth):
        slope = 0.01 if self.variant == "released" else 0.1
        maps = [self.filters * min(2**level, 8) for level in range(depth)]
        shape, units = self.image_shape, self.units
        self.generator = dense_convolutional_generator(
            self.latent_dim, shape, maps, units
        )
        self.trunk = dense_convolutional_trunk(shape, maps, units, slope)
        self.source_head = dense_head(units, [], 1, slope, "source_head")
        size = self.latent_codes.num_parameters
        self.code_head = dense_head(units, [units // 8], size, slope, "code_head")

    # === Latents ===

    def draw_latents(self, batch_size, training):
        shape = (batch_size, self.latent_codes.num_draws)
        uniform = keras.random.uniform(shape, seed=self.draw_seed(training))
        return self.latent_codes.from_uniform(uniform)

    def numpy_latents(self, generator, num_samples):
        shape = (num_samples, self.latent_codes.num_draws)
        uniform = generator.random(shape, dtype="float32")
        return self.latent_codes.from_uniform(uniform, np).astype("float32")

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
        codes=None,
    ):
        """Draws images, of codes given or drawn.

        Args:
            num_samples, labels, seed, batch_size, latents, weights: as in
                `AdversarialModel.sample`.
            codes: dict of those that are given, by kind: `"categorical"`, ints
                `(num_samples, codes)`, `"continuous"`, floats, or `"noise"`; or what
                broadcasts to it. Not beside `latents`.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.
        """
        if codes is not None:
            if latents is not None:
                raise ValueError(
                    "`codes` must be None where `latents` are given. "
                    f"Received: codes={list(codes)}"
                )
            generator, _ = self.sampling_inputs(num_samples, labels, seed)
            latents = self.numpy_latents(generator, num_samples)
            latents = self.latent_codes.place(latents, codes)
        return super().sample(num_samples, labels, seed, batch_size, latents, weights)

    def infer_codes(self, x, batch_size=None, weights=None):
        """Returns what the posterior `Q(c|x)` says of images.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            dict of `"probabilities"`, a list of float32 `(n, k)`, one for each
            categorical code; `"categorical"`, int32 `(n, codes)`, the likeliest; and
            `"continuous"`, float32 `(n, codes)`, means.
        """
        x, _ = self.tidy(x)
        self.check_batch(x, labeled=False)

        def infer(x):
            return self.code_head(self.trunk(self.preprocess(x)))

        posterior = self.run_in_batches("infer", infer, [x], batch_size, weights)
        return self.latent_codes.read(posterior)

    # === Losses ===

    def compute_losses(self, phase, x, labels, training):
        z = self.draw_latents(ops.shape(x)[0], training)
        fake = self.generate(z, training=training)
        if phase == "generator":
            return self._generator_losses(fake, z, training)[0]
        real = self.source_head(self._read(x, training), training=training)
        if training:
            self.observe(real)
        features = self._read(ops.stop_gradient(fake), training)
        said = self.source_head(features, training=training)
        loss = logistic_discriminator(real, said)
        if self.variant == "released":
            loss = loss - self._weighted(self._information(features, z, training))
        return {
            "loss": loss,
            "real": ops.mean(ops.sigmoid(real)),
            "fake": ops.mean(ops.sigmoid(said)),
        }

    def compute_joint_losses(self, phases, x, labels, training):
        z = self.draw_latents(ops.shape(x)[0], training)
        fake = self.generate(z, training=training)
        losses, bound = self._generator_losses(fake, z, training)
        return {"generator": losses, "information": {"loss": -bound}}

    def _generator_losses(self, fake, z, training):
        """Returns the generator's scalars, and the weighted `L_I` by itself."""
        features = self._read(fake, training)
        loss = non_saturating_generator(self.source_head(features, training=training))
        information = self._information(features, z, training)
        bound = self._weighted(information)
        told = {f"{kind}_information": value for kind, value in information.items()}
        return {"loss": loss - bound, **told}, bound

    def _read(self, x, training):
        return self.trunk(self.disturbed(x, training), training=training)

    def _information(self, features, z, training):
        posterior = self.code_head(features, training=training)
        return self.latent_codes.information(posterior, z)

    def _weighted(self, information):
        return sum(getattr(self, f"{k}_weight") * v for k, v in information.items())

    def default_optimizers(self):
        rates = {"discriminator": 2e-4, "generator": 1e-3, "information": 2e-4}
        return {p: keras.optimizers.Adam(rates[p], beta_1=0.5) for p in self.phases}
