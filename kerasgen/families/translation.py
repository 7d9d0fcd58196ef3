"""The family base of translators: images of one domain become those of another."""

import numpy as np

from kerasgen import features
from kerasgen.training.arguments import check_choice
from kerasgen.training.generative_model import GenerativeModel


class TranslationModel(GenerativeModel):
    """Base class of models that translate images.

    A model declares its fields, named by domain, and gives `translators`.

    Call:   images of the first domain, `uint8` or floats in `[0, 1]`, to images of the
            second, float32 in `[0, 1]`.
    """

    data_range = (-1.0, 1.0)

    @property
    def domains(self):
        """Tuple of the names of the domains, the source of `call` first."""
        return tuple(self.fields.x)

    def translators(self):
        """Returns the networks by the domain that they translate to, a dict.

        The default domain, to which `call` translates, comes first.
        """
        raise NotImplementedError

    def source_of(self, to):
        """Returns the name of the domain that is translated to domain `to`."""
        return next(name for name in self.domains if name != to)

    def translated(self, x, to, training=False):
        """Returns a batch of the other domain, as networks see it, in domain `to`."""
        return self.translators()[to](x, training=training)

    def call(self, inputs, training=False):
        return self._translate_batch(inputs, next(iter(self.translators())), training)

    def _translate_batch(self, images, to, training=False):
        source, target = self.fields.x[self.source_of(to)], self.fields.x[to]
        x = source.prepare(source.shaped(images))
        return target.finish(self.translated(x, to, training))

    def check_inputs(self, x, labels=None):
        """Returns what `call` takes, checked: images of the first domain."""
        return self.check_images(x, next(iter(self.translators())))

    def check_images(self, images, to, name="x"):
        """Returns images that can be translated to domain `to`, checked: an array."""
        from kerasgen.data import check_not_dark

        field = self.fields.x[self.source_of(to)]
        images = field.tidy(images)
        check_not_dark(images)
        return features.check(field, images, name)

    def translate(self, images, to=None, batch_size=None, weights=None):
        """Translates images.

        Args:
            images: array, `uint8` or floats in `[0, 1]`, `(n, height, width, channels)`
                of the domain that is translated.
            to: str. The domain to translate to. Defaults to that of `call`.
            batch_size: int or None. Images a call; it does not change them.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array of images in `[0, 1]`.
        """
        names = tuple(self.translators())
        to = names[0] if to is None else check_choice("to", to, names)
        images = self.check_images(images, to, "images")
        if images.dtype.kind != "f":  # one kind, so that one function is compiled
            images = images.astype("float32") / np.float32(255)

        def translate(batch):
            return self._translate_batch(batch, to)

        key = ("translate", to)
        return self.run_in_batches(key, translate, [images], batch_size, weights)

    def averaged_networks(self):
        return list(self.translators().values())
