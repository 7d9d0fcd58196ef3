"""The family base of autoencoders: images to codes and back."""

import math

import keras
from keras import ops

from kerasgen.arguments import (
    check_choice,
    check_image_shape,
    check_int,
    check_latents,
    is_points_shape,
    resolve_labels,
)
from kerasgen.families.encoder_classifier import EncoderClassifier
from kerasgen.layers.labels import join_label_maps, join_label_vector
from kerasgen.networks.image_networks import (
    ARCHITECTURES,
    DEFAULT_CONV_WIDTHS,
    check_activation,
    check_widths,
    image_decoder,
    image_encoder,
)
from kerasgen.training.generative_model import GenerativeModel


class LatentModel(GenerativeModel):
    """Base class of models with an encoder and a decoder.

    A model says how many values its encoder gives (`build_networks`), what a code is
    (`infer`), what the decoder's outputs mean (`output_images`) and where codes are
    drawn from (`numpy_latents`).

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for points: real vectors of any range, for the dense architecture.
        latent_dim: int. Size of the code.
        architecture: `"dense"` or `"conv"` (strided convolutions).
        hidden_widths: tuple of ints, units of the dense layers or maps of the
            convolutions of the encoder, mirrored in the decoder.
        activation: name of the hidden layers' activation.
        num_classes: int or None. Joins labels to the encoder's and decoder's input.
        decoder_inputs: int or None. Values that the decoder takes; None for a code and
            a label.
        seed, name, dtype: as in `GenerativeModel`.

    Call: images, or `(images, labels)`, to their reconstructions, float32 in `[0, 1]`.
    """

    default_widths = {"dense": (500,), "conv": DEFAULT_CONV_WIDTHS}
    encoding_parts = ("encoder",)  # attributes with the networks that `infer` runs

    def __init__(
        self,
        image_shape,
        latent_dim,
        architecture="dense",
        hidden_widths=None,
        activation="relu",
        num_classes=None,
        decoder_inputs=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.latent_dim = check_int("latent_dim", latent_dim)
        self.architecture = check_choice("architecture", architecture, ARCHITECTURES)
        if is_points_shape(image_shape) and architecture == "dense":
            self.image_shape = tuple(int(n) for n in image_shape)
        else:
            self.image_shape = check_image_shape(image_shape)
        self.hidden_widths = check_widths(hidden_widths, architecture)
        self.activation = check_activation(activation)
        if num_classes is not None:
            check_int("num_classes", num_classes, 2)
        self.num_classes, self._decoder_inputs = num_classes, decoder_inputs

    @property
    def encoder_classes(self):
        """int or None. Classes of the labels that the encoder takes."""
        return self.num_classes

    @property
    def is_points(self):
        """Whether the data are real vectors, which have no range, not images."""
        return len(self.image_shape) == 1

    def build_networks(self, encoder_units, decoder_outputs=1):
        """Builds `self.encoder` and `self.decoder`.

        Args:
            encoder_units: int. Outputs of the encoder.
            decoder_outputs: int. Outputs of the decoder for each sub-pixel.
        """
        widths = self.hidden_widths
        if widths is None:
            widths = self.default_widths[self.architecture]
        inputs = self._decoder_inputs
        if inputs is None:
            inputs = self.latent_dim + (self.decoder_classes or 0)
        policy = self.dtype_policy
        self.encoder = image_encoder(
            self.architecture,
            self.image_shape,
            self.encoder_classes,
            widths,
            encoder_units,
            self.activation,
            policy,
        )
        self.decoder = image_decoder(
            self.architecture,
            self.image_shape,
            inputs,
            widths,
            self.activation,
            policy,
            decoder_outputs,
        )

    # === On tensors ===

    def run_encoder(self, x, labels=None, training=False):
        """Returns the encoder's outputs for images in `data_range`."""
        if self.architecture == "conv":
            x = join_label_maps(x, labels, self.encoder_classes)
        else:
            x = ops.reshape(x, (ops.shape(x)[0], math.prod(self.image_shape)))
            x = join_label_vector(x, labels, self.encoder_classes)
        return self.encoder(x, training=training)

    def run_decoder(self, z, labels=None, training=False):
        """Returns the decoder's outputs, `(batch, height, width, outputs)`."""
        z = join_label_vector(z, labels, self.decoder_classes)
        return self.decoder(z, training=training)

    def infer(self, x, labels=None, training=False):
        """Returns the codes of images in `data_range`, `(batch, latent_dim)`."""
        return self.run_encoder(x, labels, training)

    def output_images(self, outputs):
        """Returns the images, in `[0, 1]`, that the decoder's outputs stand for.

        Their sigmoid (of a `data_range` from -1 to 1 tanh), or points as they are,
        unless a model overrides it.
        """
        activate = keras.activations.get(self.fields.x.output_activation)
        return self.to_images(activate(outputs))

    def generate(self, z, labels=None):
        """Returns the images, float32 in `[0, 1]`, that codes stand for."""
        return self.output_images(self.run_decoder(z, labels))

    def call(self, inputs, training=False):
        x, labels = inputs if self.decoder_classes else (inputs, None)
        return self.generate(self.infer(self.preprocess(x), labels), labels)

    # === On arrays ===

    def encode(self, x, labels=None, batch_size=None, weights=None):
        """Returns the codes of images.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            labels: ints `(n,)`, for a conditional model.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(n, latent_dim)`.
        """

        def encode(x, *labels):
            return self.infer(self.preprocess(x), *labels)

        arrays = self.image_arrays(x, labels)
        return self.run_in_batches("encode", encode, arrays, batch_size, weights)

    def decode(self, z, labels=None, batch_size=None, weights=None):
        """Returns the images of codes, float32 in `[0, 1]`.

        Args:
            z: array `(n, latent_dim)`.
            labels: int or ints `(n,)`, for a conditional model.
            batch_size: int or None. Images a call.
            weights: as in `encode`.
        """
        z = self.check_latents("z", z, len(z))
        arrays = [z, *self.label_arrays(labels, len(z))]
        return self.run_in_batches("decode", self.generate, arrays, batch_size, weights)

    def reconstruct(self, x, labels=None, batch_size=None, weights=None):
        """Returns `decode(encode(x))`; arguments as in `encode`."""

        def reconstruct(x, *labels):
            return self.generate(self.infer(self.preprocess(x), *labels), *labels)

        arrays = self.image_arrays(x, labels)
        return self.run_in_batches(
            "reconstruct", reconstruct, arrays, batch_size, weights
        )

    def numpy_latents(self, generator, num_samples, weights=None, labels=None):
        """Draws codes `(num_samples, latent_dim)` from a NumPy generator.

        Args:
            generator: `np.random.Generator`.
            num_samples: int.
            weights: as in `encode`, for a prior that has weights.
            labels: int array `(num_samples,)`, for a prior that depends on them.
        """
        shape = (num_samples, self.latent_dim)
        return generator.standard_normal(shape, dtype="float32")

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
    ):
        """Draws images: codes from `numpy_latents`, decoded once.

        Args:
            num_samples: int.
            labels: int or ints, for a conditional model; None draws them.
            seed: int or None. The same seed gives the same codes on every backend;
                None moves the model's own seed on.
            batch_size: int or None. Images a call; it does not change them.
            latents: array `(num_samples, latent_dim)`, in place of drawn ones.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        if latents is None:
            latents = self.numpy_latents(generator, num_samples, weights, labels)
        latents = self.check_latents("latents", latents, num_samples)
        labels = labels if self.decoder_classes else None
        return self.decode(latents, labels, batch_size, weights)

    def classifier(self, num_classes, trainable_encoder=True, weights=None):
        """Returns a classifier of the codes that `encode` gives, with its own weights.

        Args:
            num_classes: int. Logits of the linear head, which starts at zero.
            trainable_encoder: bool. False trains the head alone (a linear probe).
            weights: as in `encode`.

        Returns:
            `kerasgen.training.EncoderClassifier`, to be compiled with a loss from
            logits; it takes `uint8` images or floats in `[0, 1]`.
        """
        if self.encoder_classes is not None:
            raise ValueError(
                "`classifier` must be called on an unconditional model, whose encoder "
                f"does not take the label. Received: num_classes={self.num_classes}"
            )
        return EncoderClassifier.of(self, num_classes, trainable_encoder, weights)

    # === Checks ===

    def image_arrays(self, x, labels=None):
        """Returns checked `[images]` or `[images, labels]` as NumPy arrays."""
        x, labels = self.tidy(x, labels)
        if self.decoder_classes is None and labels is not None:
            self.label_arrays(labels, len(x))
        self.check_batch(x, labels, labeled=self.decoder_classes is not None)
        return [x, *self.label_arrays(labels, len(x))]

    def label_arrays(self, labels, count):
        if self.decoder_classes is None:
            if labels is not None:
                raise ValueError(
                    "`labels` must be None for a model whose decoder takes none. "
                    f"Received: labels={labels!r}"
                )
            return []
        if labels is None:
            raise ValueError(
                "`labels` must be given to a model with "
                f"num_classes={self.decoder_classes}. Received: labels=None"
            )
        labels = self.label_numbers(labels)
        return [resolve_labels(labels, count, self.decoder_classes, None)]

    def check_latents(self, name, latents, count):
        return check_latents(name, latents, (count, self.latent_dim))
