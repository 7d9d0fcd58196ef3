"""AAE: an autoencoder whose codes a discriminator cannot tell from a prior's draws.

Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015, "Adversarial Autoencoders",
https://arxiv.org/abs/1511.05644, sections 2, 4, 5 and 6. Official code: none read.

Differs from the paper:
1. The encoder descends the reconstruction, the adversarial loss and the cross entropy
   together, by one optimizer; the paper takes a step for each in turn, with learning
   rates of their own, for which the weights stand.
2. Adam in place of SGD with momentum; Glorot's initial weights in place of N(0, 0.01).
3. The encoder minimises `-E log D(f(x))`, not `E log(1 - D(f(x)))`.
4. The posterior is deterministic, without the paper's Gaussian and universal ones.
5. The convolutional form is not the paper's.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.families.latent_model import LatentModel
from kerasgen.families.partly_labeled import PartlyLabeled
from kerasgen.layers.labels import join_label_vector
from kerasgen.layers.latent_priors import CodePrior
from kerasgen.losses.adversarial import logistic_discriminator, non_saturating_generator
from kerasgen.losses.likelihoods import bernoulli_log_prob, sum_per_example
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.image_networks import check_widths
from kerasgen.registry import register


@register
class AAE(PartlyLabeled, LatentModel):
    """Adversarial autoencoder: unsupervised, supervised or semi-supervised.

    Encoder and decoder minimise the reconstruction loss, summed over pixels, and
    `adversarial_weight * -E log D(f(x))`; the discriminator tells codes `f(x)` from
    draws of the prior. With `num_classes` the decoder takes the label, so that the code
    keeps what the label does not say, the style.

    With `prior_labels` the decoder does not take it: it tells which component of the
    prior a code belongs to. The discriminator sees codes and draws with their label,
    in one-hot form with a class more for -1, no label, whose draws are of any
    component (section 2.3). `sample` draws from the component of the label.

    With `semi_supervised` the encoder gives probabilities `q(y|x)` of the classes
    beside the style, and both go to the decoder; a second discriminator tells the
    probabilities from one-hot draws of all classes alike. Images with a label add
    `classification_weight * -log q(y|x)`; -1 stands for none, and without any label the
    classes are clusters.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of the squared error and dense layers.
        latent_dim: int. Size of the code. Defaults to `8`.
        prior: `"gaussian"`, or `"ring"` or `"swiss_roll"`, of the plane:
            `kerasgen.layers.latent_priors`.
        prior_std: float. Multiplies the prior's draws. Defaults to `1.0`.
        adversarial_weight: float. See above. Defaults to `1.0`, for small images.
        reconstruction_loss: `"cross_entropy"`, in nats, or `"squared_error"`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for
            `(1000, 1000)`, or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation.
        discriminator_widths: tuple of ints. Units of the discriminators' ReLU layers.
        discriminator_noise: float. Deviation of noise on their input in training.
        num_classes: int or None. Makes the decoder conditional on labels.
        prior_labels: bool. Whether labels choose the component of the prior instead.
        semi_supervised: bool. Whether labels are inferred, and few needed.
        classification_weight: float. See above. Defaults to `1.0`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, h, w, channels)`, or points.
    Sample:  images, float32 in `[0, 1]`, same shape: decoded draws of the prior.
    Scalars: `discriminator_loss`, a sum over the discriminators, in nats, and the mean
        probabilities of being the prior's that they give to its draws and to codes,
        `discriminator_real` and `discriminator_fake`; `autoencoder_loss` and its parts,
        unweighted: `autoencoder_reconstruction`, `autoencoder_adversarial` and, if
        semi-supervised, `autoencoder_cross_entropy`, a mean over labelled images.
    Raises:  ValueError: for a prior of the plane and a `latent_dim` other than 2, the
        cross entropy of points, `semi_supervised` or `prior_labels` without
        `num_classes`, both of them, `prior_labels` of the Gaussian.

    Example:
    >>> model = kerasgen.autoencoders.AAE(image_shape=(28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Makhzani et al., 2015](https://arxiv.org/abs/1511.05644)
    """

    default_widths = {"dense": (1000, 1000), "conv": (32, 64, 64)}
    encoder_classes = None

    def __init__(
        self,
        image_shape,
        latent_dim=8,
        prior="gaussian",
        prior_std=1.0,
        adversarial_weight=1.0,
        reconstruction_loss="cross_entropy",
        architecture="dense",
        hidden_widths=None,
        activation="relu",
        discriminator_widths=(1000, 1000),
        discriminator_noise=0.0,
        num_classes=None,
        prior_labels=False,
        semi_supervised=False,
        classification_weight=1.0,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        losses = ("squared_error",)
        losses = losses if self.is_points else ("cross_entropy", *losses)
        check_choice("reconstruction_loss", reconstruction_loss, losses)
        self.reconstruction_loss = reconstruction_loss
        for key, value in {
            "adversarial_weight": adversarial_weight,
            "discriminator_noise": discriminator_noise,
            "classification_weight": classification_weight,
        }.items():
            setattr(self, key, check_number(key, value, 0.0))
        widths = check_widths(discriminator_widths or (), name="discriminator_widths")
        self.discriminator_widths, policy = widths, self.dtype_policy
        self.prior_labels = bool(prior_labels)
        self.semi_supervised = self.infers_labels = bool(semi_supervised)
        self.allows_unlabeled = self.prior_labels or self.semi_supervised
        self._check_labels()
        chosen = num_classes if prior_labels else None
        self.code_prior = CodePrior(prior, latent_dim, prior_std, chosen)
        self.prior, self.prior_std = prior, self.code_prior.std
        self.build_networks(latent_dim + (num_classes if semi_supervised else 0))
        style = latent_dim + (num_classes + 1 if prior_labels else 0)
        parts = {"style": style, **({"class": num_classes} if semi_supervised else {})}
        self.discriminators = [
            dense_network(f"{part}_discriminator", size, widths, 1, dtype=policy)
            for part, size in parts.items()
        ]
        self.add_phase("discriminator", self.discriminators, ("loss", "real", "fake"))
        scalars = ("loss", "reconstruction", "adversarial")
        scalars += ("cross_entropy",) if semi_supervised else ()
        self.add_phase("autoencoder", [self.encoder, self.decoder], scalars)

    def _check_labels(self):
        for key in ("prior_labels", "semi_supervised"):
            if getattr(self, key) and self.num_classes is None:
                raise ValueError(
                    f"`num_classes` must be given with {key}=True. "
                    "Received: num_classes=None"
                )
        if self.prior_labels and self.semi_supervised:
            raise ValueError(
                "`prior_labels` must be False for a semi-supervised model. "
                "Received: prior_labels=True"
            )

    @property
    def decoder_classes(self):
        return None if self.prior_labels else self.num_classes

    def infer(self, x, labels=None, training=False):
        return self.run_encoder(x, training=training)[:, : self.latent_dim]

    def class_logits(self, x, training=False):
        return self.run_encoder(x, training=training)[:, self.latent_dim :]

    def numpy_latents(self, generator, num_samples, weights=None, labels=None):
        normal = super().numpy_latents(generator, num_samples, weights)
        uniform = generator.random((num_samples, 2), dtype="float32")
        return self.code_prior(normal, uniform, labels, np).astype("float32")

    def draw_prior(self, count, training, labels=None):
        """Draws codes and, if semi-supervised, one-hot classes: a list."""
        shape = (count, self.latent_dim)
        normal = keras.random.normal(shape, seed=self.draw_seed(training))
        uniform = keras.random.uniform((count, 3), seed=self.draw_seed(training))
        drawn = [self.code_prior(normal, uniform, labels, ops)]
        if self.semi_supervised:
            classes = ops.floor(uniform[:, 2] * self.num_classes)
            drawn.append(ops.one_hot(ops.cast(classes, "int32"), self.num_classes))
        return drawn

    def discriminate(self, codes, training, labels=None):
        """Returns the logits of being the prior's, `(batch, len(codes))`."""
        logits = []
        for discriminator, x in zip(self.discriminators, codes, strict=True):
            if training and self.discriminator_noise:
                noise = keras.random.normal(ops.shape(x), seed=self.draw_seed(training))
                x = x + self.discriminator_noise * noise
            if self.prior_labels:  # the last class is for none
                classes = ops.where(labels < 0, self.num_classes, labels)
                x = join_label_vector(x, classes, self.num_classes + 1)
            logits.append(discriminator(x, training=training))
        return ops.concatenate(logits, axis=-1)

    def compute_losses(self, phase, x, labels, training):
        outputs = self.run_encoder(x, training=training)
        codes = [outputs[:, : self.latent_dim]]
        if self.semi_supervised:
            codes.append(ops.softmax(outputs[:, self.latent_dim :]))
        if phase == "discriminator":
            codes = [ops.stop_gradient(code) for code in codes]
            fake = self.discriminate(codes, training, labels)
            drawn = self.draw_prior(ops.shape(x)[0], training, labels)
            real = self.discriminate(drawn, training, labels)
            return {  # a mean over the discriminators made a sum
                "loss": len(codes) * logistic_discriminator(real, fake),
                "real": ops.mean(ops.sigmoid(real)),
                "fake": ops.mean(ops.sigmoid(fake)),
            }
        fake = self.discriminate(codes, training, labels)
        if self.semi_supervised:
            code = ops.concatenate(codes, axis=-1)
            decoded = self.decoder(code, training=training)
        else:
            decoded = self.run_decoder(codes[0], labels, training)
        losses = {
            "reconstruction": self._reconstruction_loss(x, decoded),
            "adversarial": len(codes) * non_saturating_generator(fake),
        }
        parts = [losses["reconstruction"]]
        parts.append(self.adversarial_weight * losses["adversarial"])
        if self.semi_supervised:
            logits = outputs[:, self.latent_dim :]
            losses["cross_entropy"] = self.cross_entropy(logits, labels)
            parts.append(self.classification_weight * losses["cross_entropy"])
        return {"loss": sum(parts), **losses}

    def _reconstruction_loss(self, x, decoded):
        if self.reconstruction_loss == "cross_entropy":
            return -ops.mean(bernoulli_log_prob(x, decoded))
        return ops.mean(sum_per_example(ops.square(x - self.output_images(decoded))))

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}
