"""Source of image files, decoded by Pillow when they are read."""

import copy

import numpy as np

from kerasgen.data.image_decoding import MAX_PIXELS, decode


class ImageFiles:
    """Source of `uint8` images `(n, height, width, channels)` from files.

    Args:
        files: list of paths.
        image_size: `(height, width)`. Images are cropped and resized to it.
        channels: 1 or 3.
        interpolation: str, for resizing.
        cache_bytes: int. Decoded images are kept up to this size; those that come
            after it are decoded anew each time.
        bits: int. Bits of the values in files of 16 bits.
        max_pixels: int. Larger images are not decoded.
        half: `"left"` or `"right"`, which of two pictures side by side is taken, or
            None.
    """

    def __init__(
        self,
        files,
        image_size,
        channels,
        interpolation="bicubic",
        cache_bytes=1 << 30,
        bits=16,
        max_pixels=MAX_PIXELS,
        half=None,
    ):
        self.files = list(files)
        self.image_shape = (*image_size, channels)
        self.interpolation = interpolation
        self.cache_bytes = cache_bytes
        self.bits, self.max_pixels, self.half = bits, max_pixels, half
        self._cache = {}

    def __len__(self):
        return len(self.files)

    def __getitem__(self, indices):
        indices = np.arange(len(self))[indices]
        images = np.empty((len(indices), *self.image_shape), "uint8")
        for image, index in zip(images, indices, strict=True):
            image[...] = self._read(self.files[index])
        return images

    def unreadable(self):
        """Returns the indices of the files that cannot be decoded; reads them all."""
        bad = []
        for index, file in enumerate(self.files):
            try:
                self._read(file)
            except ValueError:
                bad.append(index)
        return bad

    def without(self, indices):
        """Returns the source without some files, with what is in the cache."""
        drop = set(indices)
        source = copy.copy(self)
        source.files = [file for i, file in enumerate(self.files) if i not in drop]
        return source

    def _read(self, file):
        if file in self._cache:
            return self._cache[file]
        settings = self.interpolation, self.bits, self.max_pixels, self.half
        image = decode(file, self.image_shape, *settings)
        if (len(self._cache) + 1) * image.nbytes <= self.cache_bytes:
            self._cache[file] = image
        return image
