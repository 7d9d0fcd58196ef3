"""A GAN with latents, dropout and batch statistics that trains in a moment."""

import functools
import hashlib

import keras
import numpy as np
from keras import layers, ops

from kerasgen.backend import to_numpy
from kerasgen.checkpoints.checkpoint import assign
from kerasgen.data import Dataset
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.layers.dropout import Dropout


@keras.saving.register_keras_serializable("kerasgen_fault_tests")
class TinyGAN(AdversarialModel):
    """The discriminator moves twice in a step, which reads two batches of the data."""

    def __init__(self, image_shape=(2, 2, 1), latent_dim=3, width=4, **kwargs):
        super().__init__(image_shape, latent_dim, **kwargs)
        self.width = width
        self.generator = keras.Sequential(
            [
                keras.Input((latent_dim,)),
                layers.Dense(width),
                layers.BatchNormalization(),
                layers.Dense(int(np.prod(image_shape)), activation="tanh"),
                layers.Reshape(image_shape),
            ]
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input(image_shape),
                layers.Flatten(),
                layers.Dense(width, activation="tanh"),
                Dropout(0.3, seed=5),
                layers.Dense(1),
            ]
        )
        self.add_phase("discriminator", self.discriminator, updates=2)
        self.add_phase("generator", self.generator)

    def compute_losses(self, phase, x, labels, training):
        fake = self.generate_like(x, labels, training)
        fake_logits = self.discriminator(fake, training=training)
        if phase == "generator":
            return {"loss": ops.mean(ops.softplus(-fake_logits))}
        real_logits = self.discriminator(x, training=training)
        loss = ops.mean(ops.softplus(-real_logits) + ops.softplus(fake_logits))
        return {"loss": loss}

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-2) for phase in self.phases}


def tiny_gan(**kwargs):
    """Returns a new compiled model, the same every time."""
    keras.utils.set_random_seed(0)
    model = TinyGAN(seed=1, **kwargs)
    model.compile()
    return model


@functools.cache
def _shared():
    model = tiny_gan()
    return model, values(model)


def as_new():
    """Returns `tiny_gan()`, but the same object every time: its step is compiled once.

    All of its state is as in a new model.
    """
    model, state = _shared()
    assign(model.state_variables(), state)
    model.history = None
    return model


def tiny_images(count=32):
    """Returns `uint8` images `(count, 2, 2, 1)`."""
    return np.random.default_rng(0).integers(0, 256, (count, 2, 2, 1), "uint8")


def tiny_data(images=None, batch_size=4):
    """Returns shuffled data: 32 images, 4 steps of two batches an epoch."""
    images = tiny_images() if images is None else images
    return Dataset(images, batch_size=batch_size, seed=3)


def values(model):
    """Returns every state tensor by name, as arrays of their own."""
    model.sync()
    return {
        name: np.array(to_numpy(variable))
        for name, variable in model.state_variables().items()
    }


def digests(model):
    """Returns the sha256 of every state tensor by name."""
    return {
        name: hashlib.sha256(value.tobytes()).hexdigest()
        for name, value in values(model).items()
    }
