"""Boundary-seeking GAN: examples at the discriminator's boundary, or binary ones.

Hjelm, Jacob, Che, Trischler, Cho and Bengio, 2018, "Boundary-Seeking Generative
Adversarial Networks", https://arxiv.org/abs/1702.08431, sections 2.2 and 3.
Official code: rdevon/BGAN.

Differs from the paper:
1. The networks are this library's by name (the code for MNIST: a dense layer of 1024
   units in each, and 5x5 convolutions).
2. Binary data are pixels in one grey channel or several, each of its own probability;
   the paper's characters and quantised colors are categorical.
3. Labels, of which the paper has none, enter the latents and the image.
"""

import dataclasses

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.backend.seeds import numpy_generator
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.losses.boundary_seeking import discrete_boundary_seeking_generator
from kerasgen.losses.by_name import adversarial_loss
from kerasgen.registry import register

DATA, VARIANTS = ("continuous", "binary"), ("paper", "released")


@register
class BGAN(NamedNetworksModel):
    """Boundary-seeking GAN.

    The best discriminator's logit is `log p / q`, 0 at the boundary. For continuous
    data the generator minimises half of its square. For binary ones it gives
    probabilities, of which `num_draws` images are drawn for each `z`, and minimises
    `-E sum_m w_m log g(x_m | z)` with the weights `w = softmax(D(x_1), ...)`: no
    gradient goes through the discriminator.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8; any for `"mlp"`, which also takes `(features,)`: points, real
            vectors, such as the `mixture` data, not for binary data.
        latent_dim: int. Size of the noise vector `z`. Defaults to `64`.
        data: `"continuous"` or `"binary"`, which makes pixels above a half ones and
            others zeros.
        variant: `"paper"`, or `"released"`, whose square for continuous data is whole.
        num_draws: int. `M`, binary images for each `z`.
        architecture: `"dcgan"`, `"cnn"`, `"resnet"` or `"mlp"`; None takes `"mlp"` for
            points, else `"dcgan"`.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units. Defaults to 64, of the resnet 128, of mlp
            512.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, of binary data zeros and ones (whose
        probabilities the model gives when it is called), or points, same shape.
    Scalars: `discriminator_loss`, in nats; the mean probabilities of being real of both
        kinds, `discriminator_real` and `discriminator_fake`; `generator_loss`, of
        binary data in nats an image.
    Raises:  ValueError: if a convolutional architecture does not fit the image, or
        points are to be binary.

    Example:
    >>> model = kerasgen.gans.BGAN((16, 16, 1), data="binary", filters=8)
    >>> sorted(set(model.sample(2, seed=0).ravel().tolist()))
    [0.0, 1.0]

    Reference: [Hjelm et al., 2018](https://arxiv.org/abs/1702.08431), sections 2, 3.
    """

    def __init__(
        self,
        image_shape,
        latent_dim=64,
        data="continuous",
        variant="paper",
        num_draws=20,
        architecture=None,
        filters=None,
        num_classes=None,
        latent_distribution="normal",
        **kwargs,
    ):
        self.data = check_choice("data", data, DATA)  # the networks need it
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.variant = check_choice("variant", variant, VARIANTS)
        self.num_draws = check_int("num_draws", num_draws)
        self.is_binary = data == "binary"
        if self.is_binary and (self.is_points or self.top_k < 1.0):
            raise ValueError(
                '`data` must be "continuous" for points and for `top_k` below 1. '
                f"Received: data={data!r}, image_shape={image_shape}, "
                f"top_k={self.top_k}"
            )
        self.add_players()

    @property
    def data_range(self):
        return (0.0, 1.0) if self.data == "binary" else (-1.0, 1.0)

    @property
    def discriminator_normalization(self):
        return None if self.architecture == "mlp" else "batch"

    @property
    def paper_loss(self):
        loss = adversarial_loss("boundary_seeking")
        if self.variant == "paper":
            return loss
        return dataclasses.replace(
            loss, generator=lambda real, fake: 2.0 * loss.generator(real, fake)
        )

    def build_generator(self):
        network = super().build_generator()
        if self.data == "binary":  # logits: the last layer is a sigmoid
            logits = network.layers[-1].input
            logits = keras.layers.Activation("linear", dtype="float32")(logits)
            network = keras.Model(network.input, logits, name="generator")
        return network

    def compute_losses(self, phase, x, labels, training):
        if not self.is_binary:
            return super().compute_losses(phase, x, labels, training)
        x = ops.cast(x > 0.5, "float32")
        logits = self.generate_like(x, labels, training)
        drawn = self.draw(logits, training)
        images = ops.reshape(drawn, (-1, *self.image_shape))
        repeated = None if labels is None else ops.repeat(labels, self.num_draws)
        if phase == "generator":
            fake = self.score(self.judge(images, repeated, training))
            fake = ops.reshape(fake, (-1, self.num_draws))
            terms = drawn * logits[:, None] - ops.softplus(logits)[:, None]
            log_prob = ops.sum(terms, axis=(2, 3, 4))
            return {"loss": discrete_boundary_seeking_generator(fake, log_prob)}
        real = self.judge(x, labels, training)
        fake = self.judge(images, repeated, training)
        losses = {
            "loss": self.discriminator_objective(real, fake),
            **self.describe(real, fake),
        }
        penalty = self.chosen_penalty(x, drawn[:, 0], labels, training)
        if penalty is not None:
            losses["loss"] = losses["loss"] + penalty
            losses["penalty"] = penalty
        return losses

    def draw(self, logits, training):
        """Draws `num_draws` images of each of the logits: `(batch, draws, ...)`."""
        count, *shape = (ops.shape(logits)[0], *self.image_shape)
        seed = self.draw_seed(training)
        shape = (count, self.num_draws, *shape)
        uniform = keras.random.uniform(shape, dtype="float32", seed=seed)
        likely = ops.sigmoid(ops.stop_gradient(logits))[:, None]
        return ops.cast(uniform < likely, "float32")

    def to_images(self, x):
        return super().to_images(ops.sigmoid(x) if self.is_binary else x)

    def sample(self, num_samples, *args, seed=None, **kwargs):
        images = super().sample(num_samples, *args, seed=seed, **kwargs)
        if not self.is_binary:
            return images
        # Another stream than that of the latents.
        generator = (
            numpy_generator(None, self.seed_generator)
            if seed is None
            else np.random.default_rng([seed, 1])
        )
        uniform = generator.random(images.shape, "float32")
        return (uniform < images).astype("float32")

    def default_optimizers(self):
        return {p: keras.optimizers.Adam(1e-4, beta_1=0.5) for p in self.phases}
