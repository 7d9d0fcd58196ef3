"""Networks whose features of images are compared, by name.

A distance between features is of the network: what is computed with another than
Inception bears its name, and figures of two networks are not comparable.
"""

import hashlib
import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_batch_size
from kerasgen.data.resizing import resize, resize_matrices
from kerasgen.images.values import to_uint8
from kerasgen.layers import channels_last

SEED = 2026
FILTERS = (16, 32, 64)


class FeatureNetwork:
    """A network that gives features of images, and what is done to images before it.

    Images are rounded to `uint8`, as real ones are, cropped to the network's
    proportions and resized by Pillow (bicubic, which does not alias), and grey ones
    repeated for a network of colour.

    Args:
        name: str, in the names of scores.
        model: `keras.Model` from floats `(batch, height, width, channels)` to features
            `(batch, dim)`, or to a pair of features and logits `(batch, classes)`.
        facts: dict, or None: what else tells this network from others.
        value_range: pair, what 0 and 255 become. Defaults to `(0.0, 1.0)`.
    """

    resize = "Pillow bicubic"

    def __init__(self, name, model, facts=None, value_range=(0.0, 1.0)):
        shape, outputs = model.input_shape, keras.tree.flatten(model.outputs)
        if len(model.inputs) != 1 or len(shape) != 4 or None in shape[1:]:
            raise ValueError(
                "`network` must take images of one shape (height, width, channels). "
                f"Received: {name} with inputs of shape {shape}"
            )
        if not 1 <= len(outputs) <= 2 or any(len(o.shape) != 2 for o in outputs):
            raise ValueError(
                "`network` must give features (batch, dim), or them and logits (batch, "
                f"classes). Received: {name} with outputs of shapes "
                f"{[tuple(o.shape) for o in outputs]}"
            )
        self.name, self.model, self.facts = name, model, dict(facts or {})
        self.image_shape, self.value_range = tuple(shape[1:]), value_range
        self.feature_dim = outputs[0].shape[-1]
        self.num_classes = outputs[1].shape[-1] if len(outputs) == 2 else None

    def __call__(self, images, batch_size=256):
        """Returns the features of images.

        Args:
            images: `uint8`, or floats in `[0, 1]`, `(n, height, width, channels)`.
            batch_size: int. Images a call.

        Returns:
            dict: `"features"`, float32 `(n, dim)`, and for a classifier `"logits"`,
            float32 `(n, classes)`.
        """
        check_batch_size(batch_size)
        parts = []
        for start in range(0, len(images), batch_size):
            batch = self.prepare(images[start : start + batch_size])
            count = len(batch)
            if start:  # the last batch has the shape of those before it
                batch = np.pad(batch, [(0, batch_size - count)] + 3 * [(0, 0)])
            outputs = keras.tree.flatten(self.model.predict_on_batch(batch))
            parts.append([np.asarray(x, "float32")[:count] for x in outputs])
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return dict(zip(("features", "logits"), joined, strict=False))

    def unrounded(self, images, batch_size=256):
        """Returns the features of floats in `[0, 1]` as they are, `(n, dim)`.

        For differences that rounding to 8 bits would hide. Images are resized as by
        `prepare`, in float32.
        """
        found = []
        for start in range(0, len(images), batch_size):
            x = ops.cast(images[start : start + batch_size], "float32")
            x = ops.convert_to_numpy(self._unrounded_inputs(x))
            outputs = keras.tree.flatten(self.model.predict_on_batch(x))
            found.append(np.asarray(outputs[0], "float32"))
        return np.concatenate(found)

    def prepare(self, images):
        """Returns images as the network takes them, float32."""
        images = to_uint8(images)
        height, width, channels = self.image_shape
        if images.ndim != 4 or images.shape[3] not in (1, channels):
            raise ValueError(
                f"`images` must have 1 or {channels} channels for the network "
                f"{self.name!r}. Received: images of shape {images.shape}"
            )
        images = resize(images, (height, width), "bicubic").astype("float32")
        low, high = self.value_range
        images = low + images * np.float32((high - low) / 255.0)
        return np.repeat(images, channels, axis=3) if images.shape[3] == 1 else images

    def identity(self):
        """Returns a dict of all that the features depend on, beside the images.

        Of the code of layers of a user's own nothing is known but what it makes of an
        image of noise.
        """
        noise = np.random.default_rng(0).integers(0, 256, (1, *self.image_shape))
        seen = self(noise.astype("uint8"))
        rounded = [x.astype("float16").tobytes() for x in seen.values()]
        return {
            "layers": architecture(self.model),
            "weights": self._weights(),
            "noise": hashlib.sha256(b"".join(rounded)).hexdigest(),
            "resize": self.resize,
            "value_range": list(self.value_range),
        }

    def tensor_features(self, images):
        """Returns the features of a tensor of images, to be differentiated.

        Args:
            images: float tensor in `[0, 1]`, `(n, height, width, channels)`. It is not
                rounded to `uint8`, else prepared as other images are.

        Returns:
            float tensor `(n, dim)`.
        """
        inputs = self._unrounded_inputs(images)
        return keras.tree.flatten(self.model(inputs, training=False))[0]

    def _unrounded_inputs(self, images):
        """Returns what `prepare` does, but for the rounding, of a float tensor."""
        height, width, channels = self.image_shape
        size = tuple(images.shape[1:3])
        if size != (height, width):
            rows, columns = resize_matrices(size, (height, width), "bicubic")
            images = ops.einsum("hi,nijc,wj->nhwc", rows, images, columns)
            images = ops.clip(images, 0.0, 1.0)
        low, high = self.value_range
        images = low + images * (high - low)
        if images.shape[3] == 1:
            images = ops.repeat(images, channels, axis=3)
        return images

    def describe(self):
        """Returns a dict that tells this network from all others."""
        facts = {"network": self.name, "feature_dim": self.feature_dim}
        facts |= {"resize": self.resize, "image_shape": list(self.image_shape)}
        return {**facts, **self.facts, "weights": self._weights()[:16]}

    def _weights(self):
        digest = hashlib.sha256()
        for weight in self.model.get_weights():
            digest.update(np.ascontiguousarray(weight).tobytes())
        return digest.hexdigest()


def architecture(model):
    """Returns a digest of a model's layers, whatever Keras has named them.

    Names are counted on in a process, so that the same network is called otherwise when
    it is built a second time.

    Raises:
        NotImplementedError: if a layer of a user's own has no `get_config`.
    """
    text = model.to_json()
    for place, name in enumerate(dict.fromkeys(_names(model))):
        text = text.replace(f'"{name}"', f'"layer {place}"')
    return hashlib.sha256(text.encode()).hexdigest()


def _names(layer):
    yield layer.name
    for part in getattr(layer, "operations", None) or getattr(layer, "layers", ()):
        yield from _names(part)


def convolutional_layers(image_shape, features, filters=FILTERS):
    """Returns a network of strided convolutions, `(inputs, features)`, yet untrained.

    Args:
        image_shape: `(height, width, channels)`.
        features: int. Units of the last layer, whose rectified outputs they are.
        filters: tuple of ints. Maps of each pair of convolutions, the second of which
            halves the sides.
    """
    inputs = x = keras.Input(image_shape)
    options = {"padding": "same", "activation": "relu"}
    for count in filters:
        x = channels_last.Conv2D(count, 3, **options)(x)
        x = channels_last.Conv2D(count, 3, strides=2, **options)(x)
    x = channels_last.Flatten()(x)
    return inputs, keras.layers.Dense(features, activation="relu", name="features")(x)


def seeded_weights(model, seed=SEED):
    """Sets every kernel by a seed, by He's rule, equally on all backends; biases to 0.

    Reference: [He et al., 2015](https://arxiv.org/abs/1502.01852).
    """
    generator = np.random.default_rng(seed)
    weights = []
    for weight in model.weights:
        shape = tuple(weight.shape)
        deviation = math.sqrt(2.0 / math.prod(shape[:-1])) if len(shape) > 1 else 0.0
        weights.append(deviation * generator.standard_normal(shape))
    model.set_weights(weights)


def glorot_weights(model, generator):
    """Draws every kernel by Glorot's rule, as Keras does, equally on all backends.

    Biases become 0.

    Args:
        model: `keras.Model` of dense and convolutional layers.
        generator: `numpy.random.Generator`.
    """
    weights = []
    for weight in model.get_weights():
        drawn = np.zeros(weight.shape)
        if weight.ndim > 1:
            fans = math.prod(weight.shape[:-2]) * sum(weight.shape[-2:])
            bound = math.sqrt(6.0 / fans)
            drawn = generator.uniform(-bound, bound, weight.shape)
        weights.append(drawn)
    model.set_weights(weights)


def random_network(image_shape, feature_dim=256, seed=SEED):
    """Returns a `FeatureNetwork` of convolutions that nothing was taught.

    Naeem et al. (2020, https://arxiv.org/abs/2002.09797, section 3.3) use one where the
    images are not what a trained one knows. Its weights are equal on every backend.

    Args:
        image_shape: `(height, width, channels)` of the images.
        feature_dim: int. Defaults to `256`.
        seed: int.
    """
    model = keras.Model(*convolutional_layers(image_shape, feature_dim))
    seeded_weights(model, seed)
    return FeatureNetwork("random", model, {"seed": seed}, value_range=(-1.0, 1.0))
