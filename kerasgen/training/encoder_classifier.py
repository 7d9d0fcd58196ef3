"""A classifier that starts from the encoder of a generative model."""

import keras
from keras import layers, ops

from kerasgen.training.arguments import check_int


@keras.saving.register_keras_serializable("kerasgen")
class EncoderClassifier(keras.Model):
    """A linear head on the first `latent_dim` outputs of an encoder.

    The procedure of Hinton and Salakhutdinov (2006) and Vincent et al. (2010): train
    an autoencoder without labels, copy its encoder, add a linear layer, and train the
    head alone or all of it. Made by `LatentModel.classifier`.

    Args:
        encoder: dict, the config of the encoder, a `keras.Sequential`.
        latent_dim: int. Outputs of the encoder that the head sees.
        num_classes: int.
        trainable_encoder: bool. Defaults to `True`.
        name: str or None.

    Input:  images, `uint8` or floats in `[0, 1]`, `(batch, height, width, channels)`.
    Output: float32 logits `(batch, num_classes)`.
    """

    def __init__(
        self, encoder, latent_dim, num_classes, trainable_encoder=True, name=None
    ):
        super().__init__(name=name)
        self.latent_dim = check_int("latent_dim", latent_dim)
        self.num_classes = check_int("num_classes", num_classes, 2)
        self.trainable_encoder = trainable_encoder
        self.encoder = keras.Sequential.from_config(encoder)
        self.encoder.trainable = trainable_encoder
        self.head = layers.Dense(
            num_classes, kernel_initializer="zeros", dtype="float32", name="head"
        )
        self.head.build((None, latent_dim))
        self.built = True

    def features(self, x, training=False):
        """Returns the codes of images, `(batch, latent_dim)`."""
        scale = 255.0 if "int" in keras.backend.standardize_dtype(x.dtype) else 1.0
        x = ops.cast(x, "float32") * (1.0 / scale)
        x = ops.reshape(x, (ops.shape(x)[0], *self.encoder.input_shape[1:]))
        training = training and self.trainable_encoder
        return self.encoder(x, training=training)[:, : self.latent_dim]

    def call(self, x, training=False):
        return self.head(self.features(x, training=training))

    def build(self, input_shape=None):
        """Does nothing: every variable exists after the constructor."""

    def get_config(self):
        return {
            "encoder": self.encoder.get_config(),
            "latent_dim": self.latent_dim,
            "num_classes": self.num_classes,
            "trainable_encoder": self.trainable_encoder,
            "name": self.name,
        }
