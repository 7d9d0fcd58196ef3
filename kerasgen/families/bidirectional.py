"""GANs that also learn the way back: an encoder, and a judge of examples with codes."""

import math

from keras import ops

from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.families.encoder_classifier import EncoderClassifier
from kerasgen.losses.choices import choose_loss
from kerasgen.losses.likelihoods import float32


class BidirectionalModel(TwoPlayerModel):
    """Base class of GANs whose discriminator tells `(x, E(x))` from `(G(z), z)`.

    A model builds `self.generator`, `self.encoder` and `self.discriminator`, whose
    inputs are an example and a code, and calls `add_three_players`. In all of
    `TwoPlayerModel` that goes on between players a pair stands for an example: one
    vector, `(batch, size of x + latent_dim)`.

    Generator and encoder minimise the discriminator's loss with the labels exchanged;
    of `loss="minimax"` the negative of it, and of another loss of logits `loss`'s own
    form, of `-d(x, E(x))` too.
    """

    encoding_parts = ("encoder",)  # attributes with the networks that `infer` runs

    def add_three_players(self):
        """Declares the discriminator, and generator and encoder, which move at once."""
        if self.top_k < 1.0:
            raise ValueError(
                "`top_k` must be 1 for a model whose generator and encoder are judged "
                f"together. Received: top_k={self.top_k}"
            )
        both = [self.generator, self.encoder]
        self.add_players(simultaneous=True, generating=both)
        chosen = self.paper_loss if self.loss is None else self.loss
        self._exchanged = choose_loss(chosen).discriminator  # never smoothed

    # === What a model may give ===

    def infer(self, x, labels=None, training=False):
        """Returns the codes of examples in `data_range`, `(batch, latent_dim)`.

        Of a stochastic encoder it is their mean.
        """
        return self.encoder(x, training=training)

    def draw_codes(self, x, training):
        """Returns the codes that examples are judged with: here `infer`'s."""
        return self.infer(x, training=training)

    # === Pairs ===

    def paired(self, x, z):
        """Returns examples and codes as one vector each, float32."""
        flat = ops.reshape(float32(x), (-1, math.prod(self.image_shape)))
        return ops.concatenate([flat, float32(z)], axis=-1)

    def judge(self, x, labels, training, judged=None):
        size = math.prod(self.image_shape)
        z = x[:, size:]
        x = ops.reshape(x[:, :size], (-1, *self.image_shape))
        judged = training if judged is None else judged
        return self.discriminator((self.disturbed(x, training), z), training=judged)

    def discriminate(self, x, labels=None, training=False):
        """Returns the logits of examples in `data_range` with codes of their own."""
        x = ops.convert_to_tensor(x)
        return self.discriminator((x, self.infer(x, labels)), training=training)

    # === Losses ===

    def compute_losses(self, phase, x, labels, training):
        return self.compute_joint_losses(self.phases, x, labels, training)[phase]

    def compute_joint_losses(self, phases, x, labels, training):
        z = self.draw_latents(ops.shape(x)[0], training)
        fake = self.paired(self.generate(z, labels, training), z)
        known = self.paired(x, self.draw_codes(x, training))
        losses, real, said = self._judged(known, fake, labels, training)
        loss = self.generator_objective(said, real)
        return {self.judge_name: losses, "generator": {"loss": loss}}

    def generator_objective(self, fake, real=None):
        """Returns what generator and encoder minimise, of what is said of both kinds.

        Args:
            fake: what the discriminator says of `(G(z), z)`.
            real: what it says of `(x, E(x))`.
        """
        fake, real = self.score(fake), self.score(real)
        loss = self.adversarial_loss
        if loss.bounded:  # of a logit that is to fall, as of one that is to rise
            return loss.generator(None, fake) + loss.generator(None, -real)
        return self._exchanged(fake, real)

    def chosen_penalty(self, x, fake, labels, training, said=None):
        return super().chosen_penalty(
            ops.stop_gradient(x), fake, labels, training, said
        )

    # === On arrays ===

    def encode(self, x, labels=None, batch_size=None, weights=None):
        """Returns the codes of examples.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`, or
                points.
            labels: None.
            batch_size: int or None. Examples a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(n, latent_dim)`.
        """

        def encode(x):
            return float32(self.infer(self.preprocess(x)))

        arrays = self._examples(x, labels)
        return self.run_in_batches("encode", encode, arrays, batch_size, weights)

    def reconstruct(self, x, labels=None, batch_size=None, weights=None):
        """Returns `G(E(x))`, images in `[0, 1]` or points; arguments as in `encode`."""

        def reconstruct(x):
            return self.to_images(self.generate(self.infer(self.preprocess(x))))

        arrays = self._examples(x, labels)
        return self.run_in_batches(
            "reconstruct", reconstruct, arrays, batch_size, weights
        )

    def _examples(self, x, labels):
        x, labels = self.tidy(x, labels)
        self.check_batch(x, labels, labeled=False)
        return [x]

    def classifier(self, num_classes, trainable_encoder=True, weights=None):
        """Returns a classifier of the codes that `encode` gives, with its own weights.

        Arguments as in `kerasgen.families.latent_model.LatentModel.classifier`.
        """
        return EncoderClassifier.of(self, num_classes, trainable_encoder, weights)

    def averaged_networks(self):
        return [self.generator, self.encoder]
