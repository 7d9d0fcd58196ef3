"""A two-player model small enough for tests of the core."""

import keras
from keras import layers, ops

from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.labels import join_label_vector
from kerasgen.losses.adversarial import (
    logistic_discriminator,
    non_saturating_generator,
)


@keras.saving.register_keras_serializable("kerasgen_tests")
class TinyGAN(AdversarialModel):
    """Dropout, batch normalisation, latents, and k fresh batches for one player."""

    def __init__(
        self,
        image_shape=(4, 4, 1),
        latent_dim=2,
        discriminator_steps=1,
        rate=0.3,
        num_classes=None,
        **kwargs,
    ):
        super().__init__(image_shape, latent_dim, num_classes=num_classes, **kwargs)
        self.discriminator_steps, self.rate = discriminator_steps, rate
        height, width, channels = self.image_shape
        self.generator = keras.Sequential(
            [
                keras.Input(self.generator_input_shape),
                layers.Dense(8),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Dense(height * width * channels, activation="tanh"),
                layers.Reshape(self.image_shape),
            ],
            name="generator",
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((height * width * channels + (self.num_classes or 0),)),
                layers.Dense(8, activation="tanh"),
                Dropout(rate),
                layers.Dense(1, dtype="float32"),
            ],
            name="discriminator",
        )
        self.add_phase("discriminator", self.discriminator, updates=discriminator_steps)
        self.add_phase("generator", self.generator)

    def discriminate(self, x, labels, training):
        x = ops.reshape(x, (ops.shape(x)[0], -1))
        x = join_label_vector(x, labels, self.num_classes)
        return self.discriminator(x, training=training)

    def compute_losses(self, phase, x, labels, training):
        fake = self.generate_like(x, labels, training)
        logits = self.discriminate(fake, labels, training)
        if phase == "generator":
            return {"loss": non_saturating_generator(logits)}
        real = self.discriminate(x, labels, training)
        return {"loss": logistic_discriminator(real, logits)}

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-2) for phase in self.phases}
