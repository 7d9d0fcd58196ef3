"""Source of image files, decoded by Pillow when they are read."""

import numpy as np

from kerasgen.data.resizing import resize_one

GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F")
ORIENTATION_TAG = 0x0112
TURNED = (5, 6, 7, 8)  # orientations that swap height and width


class ImageFiles:
    """Source of `uint8` images `(n, height, width, channels)` from files.

    Args:
        files: list of paths.
        image_size: `(height, width)`. Images are cropped and resized to it.
        channels: 1 or 3.
        interpolation: str, for resizing.
        cache_bytes: int. Decoded images are kept up to this size; those that come
            after it are decoded anew each time.
    """

    def __init__(
        self, files, image_size, channels, interpolation="bicubic", cache_bytes=1 << 30
    ):
        self.files = list(files)
        self.image_shape = (*image_size, channels)
        self.interpolation = interpolation
        self.cache_bytes = cache_bytes
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
        files = [file for i, file in enumerate(self.files) if i not in drop]
        source = ImageFiles(
            files, self.image_shape[:2], self.image_shape[2], self.interpolation
        )
        source.cache_bytes = self.cache_bytes
        source._cache = self._cache
        return source

    def _read(self, file):
        if file in self._cache:
            return self._cache[file]
        image = decode(file, self.image_shape, self.interpolation)
        if (len(self._cache) + 1) * image.nbytes <= self.cache_bytes:
            self._cache[file] = image
        return image


def read_header(file):
    """Returns `((height, width), channels)` of an image file, without decoding it."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            width, height = image.size
            # Without the test, Pillow would decode a PNG to look for the data.
            exif = image.getexif() if "exif" in image.info else {}
            if exif.get(ORIENTATION_TAG) in TURNED:
                width, height = height, width
            return (height, width), 1 if image.mode in GREY_MODES else 3
    except Exception as error:  # Pillow raises many kinds for broken files
        raise _unreadable(file, error) from error


def decode(file, image_shape, interpolation):
    """Returns a file's image as a `uint8` array of shape `image_shape`."""
    from PIL import Image, ImageOps

    height, width, channels = image_shape
    try:
        with Image.open(file) as image:
            image = ImageOps.exif_transpose(image)
            image = _to_mode(image, "L" if channels == 1 else "RGB")
            pixels = resize_one(image, (height, width), interpolation)
    except Exception as error:  # Pillow raises many kinds for broken files
        raise _unreadable(file, error) from error
    return pixels.reshape(image_shape)


def _to_mode(image, mode):
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        image = Image.fromarray((np.asarray(image) // 256).astype("uint8"))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert(mode)


def _unreadable(file, error):
    return ValueError(
        f"`folder:` must hold images that can be decoded; leave out bad files with "
        f'`on_error="skip"`. Received: {file} ({type(error).__name__}: {error})'
    )
