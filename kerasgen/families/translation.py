"""The family bases of translators: images of one domain become those of another."""

import numpy as np

from kerasgen import features
from kerasgen.arguments import check_choice, check_latents
from kerasgen.backend.seeds import numpy_generator
from kerasgen.training.exporting import input_spec
from kerasgen.training.generative_model import GenerativeModel

PAIR = ("input", "target")  # the domains of a pair


class TranslationModel(GenerativeModel):
    """Base class of models that translate images.

    A model declares its fields, named by domain, and gives `translators`. One that
    draws noise sets `noise_dim`.

    Call:   images of the first domain, `uint8` or floats in `[0, 1]`, to images of the
            second, float32 in `[0, 1]`.
    """

    data_range = (-1.0, 1.0)
    paired = False  # whether it learns from pairs, see `kerasgen.data.pairs`
    noise_dim = None  # numbers of noise an image, uniform on `[0, 1)`

    @property
    def domains(self):
        """Tuple of the names of the domains, the source of `call` first."""
        return tuple(self.fields.x)

    def field(self, domain):
        """Returns the feature of the images of a domain."""
        return self.fields.x[domain]

    def translators(self):
        """Returns the networks by the domain that they translate to, a dict.

        The default domain, to which `call` translates, comes first.
        """
        raise NotImplementedError

    def source_of(self, to):
        """Returns the name of the domain that is translated to domain `to`."""
        return next(name for name in self.domains if name != to)

    def translated(self, x, to, training=False, noise=None):
        """Returns a batch of the other domain, as networks see it, in domain `to`.

        Args:
            x: float tensor in `data_range`.
            to: str.
            training: bool.
            noise: tensor `(batch, noise_dim)`, or None to draw it where there is some.
        """
        return self.translators()[to](x, training=training)

    def call(self, inputs, training=False):
        return self._translate_batch(inputs, next(iter(self.translators())), training)

    def _translate_batch(self, images, to, training=False, noise=None):
        source, target = self.field(self.source_of(to)), self.field(to)
        x = source.prepare(source.shaped(images))
        return target.finish(self.translated(x, to, training, noise))

    def predict(self, x, batch_size=None, *args, **kwargs):
        """Returns translations; as in `GenerativeModel.predict`.

        Of a `kerasgen.data.Dataset` of two domains, images of the first are translated,
        of pairs the inputs.
        """
        from kerasgen.data import Dataset

        if not self.paired and isinstance(x, Dataset):
            source = self.source_of(next(iter(self.translators())))
            batch_size, x = x.batch_size, x.arrays()[0][source]
        return super().predict(x, batch_size, *args, **kwargs)

    def check_inputs(self, x, labels=None):
        """Returns what `call` takes, checked: images of the first domain."""
        return self.check_images(x, next(iter(self.translators())))

    def check_images(self, images, to, name="x"):
        """Returns images that can be translated to domain `to`, checked: an array."""
        from kerasgen.data import check_not_dark

        field = self.field(self.source_of(to))
        images = field.tidy(images)
        check_not_dark(images)
        return features.check(field, images, name)

    def translate(
        self, images, to=None, batch_size=None, weights=None, seed=None, noise=None
    ):
        """Translates images.

        Args:
            images: array, `uint8` or floats in `[0, 1]`, `(n, height, width, channels)`
                of the domain that is translated.
            to: str. The domain to translate to. Defaults to that of `call`.
            batch_size: int or None. Images a call; it does not change them.
            weights: `"average"`, `"raw"`, or None for the averages where kept.
            seed: int or None. Of a model that draws noise: the same seed gives the same
                noise on every backend; None moves the model's own seed on.
            noise: array `(n, noise_dim)` in `[0, 1)`, in place of what is drawn.

        Returns:
            float32 array of images in `[0, 1]`.
        """
        names = tuple(self.translators())
        to = names[0] if to is None else check_choice("to", to, names)
        images = self.check_images(images, to, "images")
        if images.dtype.kind != "f":  # one kind, so that one function is compiled
            images = images.astype("float32") / np.float32(255)
        arrays = [images]
        if self.noise_dim is not None:
            if noise is None:
                generator = numpy_generator(seed, self.seed_generator)
                noise = self.numpy_noise(generator, len(images))
            arrays.append(check_latents("noise", noise, (len(images), self.noise_dim)))
        elif noise is not None:
            raise ValueError(
                "`noise` must be None for a model that takes none. "
                f"Received: noise of type {type(noise).__name__}"
            )

        def translate(batch, noise=None):
            return self._translate_batch(batch, to, noise=noise)

        key = ("translate", to)
        return self.run_in_batches(key, translate, arrays, batch_size, weights)

    def numpy_noise(self, generator, count):
        """Draws noise `(count, noise_dim)` from a NumPy generator; None without any."""
        if self.noise_dim is None:
            return None
        return generator.random((count, self.noise_dim), dtype="float32")

    def averaged_networks(self):
        return list(self.translators().values())


class PairedTranslationModel(TranslationModel):
    """Base class of translators that learn from pairs, see `kerasgen.data.pairs`.

    What is modelled, `x`, is the target; the condition, `y`, is the input. A model
    gives `self.generator`, whose inputs are the image and, with a `noise_dim`, noise.

    Args:
        image_shape: tuple `(height, width, channels)` of the targets.
        condition_shape: tuple of the inputs.
    """

    paired = True
    domains = PAIR

    def field(self, domain):
        return {"input": self.fields.y, "target": self.fields.x}[domain]

    def translators(self):
        return {"target": self.generator}

    def check_inputs(self, x, labels=None):
        """Returns what `call` takes, checked: inputs, those of pairs if such come."""
        return super().check_inputs(x if labels is None else labels)

    def call_signature(self):
        return [input_spec("images", self.field("input").shape)]
