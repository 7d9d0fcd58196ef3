"""Small models for the tests of explorations."""

import keras
import numpy as np

import kerasgen

SHAPE = (4, 3, 1)


def images(count=6, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def vae(**kwargs):
    options = {"latent_dim": 3, "hidden_widths": (5,), "seed": 1, **kwargs}
    return kerasgen.autoencoders.VAE(SHAPE, **options)


def linear_autoencoder(latent_dim=3):
    """An autoencoder whose decoder is linear, and whose images stay inside [0, 1]."""
    model = kerasgen.autoencoders.Autoencoder(
        SHAPE,
        latent_dim,
        hidden_widths=(),
        reconstruction_loss="squared_error",
        output_activation="linear",
        seed=2,
    )
    kernel, bias = model.decoder.get_weights()
    model.decoder.set_weights([0.05 * kernel, 0.5 + 0.0 * bias])
    return model


def gan(**kwargs):
    options = {"latent_dim": 2, "generator_units": 4, "discriminator_units": 3}
    return kerasgen.gans.GAN(SHAPE, **{**options, "seed": 3, **kwargs})


def decoder_matrix(model):
    """Returns the matrix of a linear decoder, `(latent_dim, pixels)`."""
    return keras.ops.convert_to_numpy(model.decoder.get_weights()[0])
