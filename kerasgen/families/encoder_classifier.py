"""A classifier that starts from the encoder of a generative model."""

import keras
from keras import layers

from kerasgen import backend
from kerasgen.arguments import check_int
from kerasgen.training import averages


@keras.saving.register_keras_serializable("kerasgen")
class EncoderClassifier(keras.Model):
    """A linear head on the codes of a model.

    The procedure of Hinton and Salakhutdinov (2006) and Vincent et al. (2010): train
    an autoencoder without labels, copy its encoder, add a linear layer, and train the
    head alone or all of it. Made by `LatentModel.classifier`.

    Args:
        autoencoder: `LatentModel` whose codes the head sees. It becomes part of the
            classifier: give a copy.
        num_classes: int.
        trainable_encoder: bool. Whether the networks that make codes are trained with
            the head. Nothing else of the model is. Defaults to `True`.
        name: str or None.

    Input:  images, `uint8` or floats in `[0, 1]`, `(batch, height, width, channels)`.
    Output: float32 logits `(batch, num_classes)`.
    """

    def __init__(self, autoencoder, num_classes, trainable_encoder=True, name=None):
        super().__init__(name=name, autocast=False)
        self.num_classes = check_int("num_classes", num_classes, 2)
        if not hasattr(autoencoder, "encoding_parts"):
            raise TypeError(
                "`autoencoder` must be a LatentModel. "
                f"Received: autoencoder={autoencoder!r}"
            )
        self.autoencoder = autoencoder
        self.trainable_encoder = bool(trainable_encoder)
        networks = self.encoding_networks() if trainable_encoder else []
        trained = {id(v) for net in networks for v in net.trainable_variables}
        for variable in autoencoder.trainable_variables:
            variable.trainable = id(variable) in trained
        self.head = layers.Dense(
            num_classes, kernel_initializer="zeros", dtype="float32", name="head"
        )
        self.head.build((None, autoencoder.latent_dim))
        self.built = True

    @classmethod
    def of(cls, model, num_classes, trainable_encoder=True, weights=None):
        """Returns the classifier of a copy of `model`, see `LatentModel.classifier`."""
        model.sync()
        copy, values = type(model).from_config(model.get_config()), {}
        with averages.scope(model, weights):
            for name, variable in model.state_variables().items():
                values[name] = backend.to_numpy(variable)
        for name, variable in copy.state_variables().items():
            variable.assign(values[name])
        return cls(copy, num_classes, trainable_encoder, f"{model.name}_classifier")

    def encoding_networks(self):
        """Returns the networks that make codes."""
        parts = [getattr(self.autoencoder, n) for n in self.autoencoder.encoding_parts]
        return [n for p in parts for n in (p if isinstance(p, list) else [p])]

    def features(self, x, training=False):
        """Returns the codes of images, `(batch, latent_dim)`, as `encode` does."""
        training = training and self.trainable_encoder
        return self.autoencoder.infer(self.autoencoder.preprocess(x), training=training)

    def call(self, x, training=False):
        return self.head(self.features(x, training=training))

    def build(self, input_shape=None):
        """Does nothing: every variable exists after the constructor."""

    def get_config(self):
        return {
            "autoencoder": keras.saving.serialize_keras_object(self.autoencoder),
            "num_classes": self.num_classes,
            "trainable_encoder": self.trainable_encoder,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        made = keras.saving.deserialize_keras_object(
            config["autoencoder"], custom_objects
        )
        return cls(**{**config, "autoencoder": made})
