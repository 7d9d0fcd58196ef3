"""Random changes of training images, by the seed, the epoch and the place in it."""

import copy

import numpy as np

from kerasgen.arguments import check_choice, check_number
from kerasgen.data.joined import Unpaired

AUGMENTATIONS = ("jitter",)


class Augmented:
    """Mixin of `Dataset`: batches of images that are changed at random."""

    augmentation = None

    def augmented(self, augmentation="jitter", **options):
        """Returns a view whose batches are changed at random, in each epoch anew.

        The changes of an example depend on `seed`, the epoch and its place in it only,
        so that a resumed run sees what would have followed. What is read in storage
        order stays as it is: `take`, `spread`, `arrays`, and what `evaluate` measures.
        The view shares the position.

        Args:
            augmentation: `"jitter"`: images are enlarged, cut to their size again at a
                place drawn at random, and mirrored in half of the cases, as for pix2pix
                (Isola et al., 2017, section 6.2) and CycleGAN. The images of a pair are
                changed alike, those of two domains each by itself. Or None, to change
                nothing.
            **options: of `Jitter`.

        Raises:
            ValueError: if the data are no images.
        """
        check_choice("augmentation", augmentation, (None, *AUGMENTATIONS))
        view = copy.copy(self)
        view.augmentation = None
        if augmentation is not None:
            view.augmentation = Jitter(**options)
            view.augmentation.check(self)
        return view

    def _changed(self, batch, epoch, start):
        """Returns a batch changed, whose examples stand behind `start` in an epoch."""
        if self.augmentation is None:
            return batch
        apart = isinstance(self.source, Unpaired)
        return self.augmentation(batch, (self.seed, epoch, start), apart)


class Jitter:
    """Enlarges images, cuts a part of their size out at random, and mirrors half.

    Args:
        scale: float, at least 1. Defaults to 286 / 256, pix2pix's.
        mirror: bool. Whether half of the images are mirrored. Defaults to `True`.
    """

    def __init__(self, scale=286 / 256, mirror=True):
        self.scale = check_number("scale", scale, 1.0)
        self.mirror = bool(mirror)

    def get_config(self):
        """Returns the arguments of the constructor, and the name."""
        return {"name": "jitter", "scale": self.scale, "mirror": self.mirror}

    def check(self, dataset):
        """Raises unless all that has a place in a data set are images."""
        shapes = {"images": dataset.data_shape, "labels": dataset.label_shape}
        for name, shape in shapes.items():
            parts = shape if isinstance(shape, dict) else {None: shape}
            for key, part in parts.items():
                labels = name == "labels" and (part is None or len(part) == 0)
                if not (labels or len(part) == 3):
                    own = name if key is None else f"{name}[{key!r}]"
                    raise ValueError(
                        f"`augmentation` must be None unless `{own}` are images, "
                        "or classes beside images. "
                        f"Received: {own} of shape {tuple(part)}"
                    )

    def __call__(self, batch, seed, apart=False):
        """Returns a batch changed.

        Args:
            batch: tuple of arrays, or of dicts of them.
            seed: tuple of ints; with the place of an example it makes its changes.
            apart: bool. Whether the images of one example are changed each by itself.
        """
        *seed, start = seed
        count, found = None, []
        for part in batch:
            named = isinstance(part, dict)
            changed = {}
            for key, images in (part if named else {None: part}).items():
                count = len(images)
                own = [len(changed)] if apart else []
                places = [
                    np.random.default_rng([*seed, start + i, *own]).random(3)
                    for i in range(count)
                ]
                changed[key] = images
                if np.ndim(images) == 4:
                    rows = zip(images, places, strict=True)
                    changed[key] = np.stack([self._cut(*row) for row in rows])
            found.append(changed if named else changed[None])
        return tuple(found)

    def _cut(self, image, place):
        """Returns a part of an image, enlarged to the image's size, perhaps mirrored.

        Args:
            image: array `(height, width, channels)`.
            place: three numbers in `[0, 1)`: how far down and to the right of the room
                there is, and whether it is mirrored.
        """
        from PIL import Image

        size = np.array(image.shape[:2])
        room = np.round(size * self.scale).astype(int) - size
        low = np.floor(place[:2] * (room + 1)) * size / (size + room)
        high = low + size * size / (size + room)
        box = (low[1], low[0], high[1], high[0])
        floats = image.dtype != np.uint8
        found = np.empty_like(image)
        for channel in range(image.shape[2]):
            pixels = np.ascontiguousarray(image[..., channel])
            pixels = Image.fromarray(pixels.astype("float32") if floats else pixels)
            cut = pixels.resize(pixels.size, Image.Resampling.BICUBIC, box)
            found[..., channel] = np.clip(cut, 0, 1) if floats else cut
        return found[:, ::-1] if self.mirror and place[2] < 0.5 else found
