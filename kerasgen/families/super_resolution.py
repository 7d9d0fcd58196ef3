"""The family base of models that enlarge images."""

import os
import pathlib

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_image_shape, check_int
from kerasgen.families.translation import PairedTranslationModel
from kerasgen.features import Image
from kerasgen.features.checks import check_images
from kerasgen.images.values import to_float
from kerasgen.networks.super_resolution import enlarging_resnet, reach

SCALES = (2, 4, 8)


class SuperResolutionModel(PairedTranslationModel):
    """Base class of models that learn to enlarge, from pairs of large and small images.

    It has the generator, SRResNet; a model declares its phases.

    Args:
        image_shape: tuple `(height, width, channels)` of the large images it learns
            from, sides divisible by `scale`. The generator takes images of any size.
        scale: int. 2, 4 or 8.
        filters: int. Maps of the generator's convolutions.
        blocks: int. The generator's residual blocks.
    """

    def __init__(self, image_shape, scale=4, filters=64, blocks=16, **kwargs):
        super().__init__(**kwargs)
        if check_int("scale", scale) not in SCALES:
            raise ValueError(f"`scale` must be one of {SCALES}. Received: {scale=}")
        self.scale = scale
        self.filters = check_int("filters", filters)
        self.blocks = check_int("blocks", blocks)
        self.image_shape = check_image_shape(image_shape, scale, 2 * scale)
        height, width, channels = self.image_shape
        self.condition_shape = (height // scale, width // scale, channels)
        # As in the paper, section 3.2: small images in [0, 1], large ones in [-1, 1].
        self.set_fields(
            Image(self.image_shape, self.data_range), Image(self.condition_shape)
        )
        self.generator = enlarging_resnet(channels, scale, filters, blocks)

    def start_from(self, model):
        """Takes the weights of another model's generator, such as an `SRResNet`'s.

        Args:
            model: `SuperResolutionModel`, or the path of its `.keras` file or run.

        Raises:
            ValueError: if its generator is another one, or there is no such file.
        """
        if isinstance(model, (str, os.PathLike)):
            path = pathlib.Path(model).expanduser()
            path = path / "model.keras" if path.is_dir() else path
            if not path.is_file():
                raise ValueError(
                    "`model` must be the path of a .keras file or of a run that has "
                    f"ended. Received: model={str(model)!r}"
                )
            model = keras.models.load_model(path, compile=False)
        if not isinstance(model, SuperResolutionModel):
            raise TypeError(
                "`model` must be a SuperResolutionModel. "
                f"Received: model of type {type(model).__name__}"
            )
        given = [w.shape for w in model.generator.weights]
        if given != [w.shape for w in self.generator.weights]:
            raise ValueError(
                "`model` must have a generator of the same scale, filters, blocks and "
                f"channels. Received: {type(model).__name__} with scale={model.scale}, "
                f"filters={model.filters}, blocks={model.blocks}"
            )
        self.generator.set_weights(model.generator.get_weights())

    def enlarge(self, images, tile=128, batch_size=None, weights=None):
        """Returns images of any size `scale` times as large.

        Large images are enlarged in parts, which overlap by as much as a pixel depends
        on: the result is that of the whole, in bounded memory.

        Args:
            images: `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
            tile: int. Most pixels of a side that are enlarged at once, without the
                overlap.
            batch_size: int or None. Parts at a time.
            weights: as in `translate`.

        Returns:
            float32 array in `[0, 1]`.
        """
        images = to_float(check_images(images, "images")).astype("float32")
        if images.shape[-1] != self.image_shape[-1]:
            raise ValueError(
                f"`images` must have {self.image_shape[-1]} channels. "
                f"Received: images of shape {images.shape}"
            )
        count, height, width, channels = images.shape
        large = (count, height * self.scale, width * self.scale, channels)
        output = np.empty(large, "float32")
        for place, part in self.enlarged_parts(images, tile, batch_size, weights):
            output[:, place[0], place[1]] = part
        return output

    def enlarged_parts(self, images, tile=128, batch_size=None, weights=None):
        """Yields the parts of enlarged images, and the places where they belong.

        Args:
            images: float32 array in `[0, 1]`.
            tile, batch_size, weights: as in `enlarge`.

        Yields:
            pair of slices of rows and columns of the result, and a float32 array.
        """
        check_int("tile", tile)
        margin = reach(self.scale, self.blocks)
        for rows in _parts(images.shape[1], tile, margin):
            for columns in _parts(images.shape[2], tile, margin):
                part = images[:, slice(*rows[:2]), slice(*columns[:2])]
                found = self._enlarge_part(part, batch_size, weights)
                place, inner = zip(*map(self._places, (rows, columns)), strict=True)
                yield place, found[:, inner[0], inner[1]]

    def _enlarge_part(self, part, batch_size, weights):
        def enlarge(batch):
            x = self.field("input").prepare(batch)
            return self.field("target").finish(self.generator(x, training=False))

        key = ("enlarge", part.shape[1:])
        return self.run_in_batches(key, enlarge, [part], batch_size, weights)

    def _places(self, part):
        """Returns where a part belongs in the result, and which of it does."""
        outer, _, start, end = part
        where = slice(start * self.scale, end * self.scale)
        return where, slice(*((i - outer) * self.scale for i in (start, end)))

    def pixel_loss(self, x, labels, training):
        """Returns enlarged images and `E (x - G(y))^2`, of values in `[-1, 1]`."""
        large = self.generator(labels, training=training)
        return large, ops.mean(ops.square(ops.cast(x, "float32") - large))


def _parts(side, tile, margin):
    """Returns `(from, to)` of parts with their margin, and of what they are for."""
    ends = [*range(0, side, tile), side]
    return [
        (max(0, start - margin), min(side, end + margin), start, end)
        for start, end in zip(ends, ends[1:], strict=False)
    ]
