"""Large images and small ones made of them: pairs to learn super-resolution from."""

import collections
import pathlib

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.dataset import Dataset
from kerasgen.data.folder_files import find_files
from kerasgen.data.image_decoding import decode, read_header
from kerasgen.data.loading import load
from kerasgen.data.pairs import pairs
from kerasgen.data.resizing import resize

KEPT_BYTES = 1 << 28  # of decoded files, the ones used last
STREAMS = ("train", "validation", "test", "all")


class Smaller:
    """Source of the images of another one, `scale` times as small, by bicubic filters.

    Args:
        source: source of images whose sides are divisible by `scale`.
        scale: int.
    """

    def __init__(self, source, scale):
        self.source, self.scale = source, scale

    def __len__(self):
        return len(self.source)

    def __getitem__(self, indices):
        images = np.asarray(self.source[indices])
        images = images[..., None] if images.ndim == 3 else images
        return smaller(images, self.scale)


class Crops:
    """Source of parts of image files, each at a place that is drawn once.

    Args:
        files: list of paths of images.
        size: int. Pixels of a side of a part.
        crops: int. Parts of each file.
        seed: list of ints.
        channels: int, 1 or 3.
    """

    def __init__(self, files, size, crops, seed, channels=3):
        self.files, self.size, self.crops = files, size, crops
        self.seed, self.channels = seed, channels
        self._kept, self._bytes = collections.OrderedDict(), 0

    def __len__(self):
        return len(self.files) * self.crops

    def __getitem__(self, indices):
        return np.stack([self._crop(int(i)) for i in np.arange(len(self))[indices]])

    def _crop(self, index):
        picture = self._picture(index // self.crops)
        generator = np.random.default_rng([*self.seed, index])
        places = (n - self.size + 1 for n in picture.shape[:2])
        row, column = (generator.integers(n) for n in places)
        return picture[row : row + self.size, column : column + self.size]

    def _picture(self, number):
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        picture = whole_picture(self.files[number], self.channels)
        self._kept[number] = picture
        self._bytes += picture.nbytes
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return picture


def smaller(images, scale):
    """Returns images `scale` times as small, by Pillow's bicubic filter.

    It reaches over four pixels of the result, as that of MATLAB does, by which the
    figures of papers were made; both differ by rounding.

    Args:
        images: `(n, height, width, channels)`, sides divisible by `scale`.
        scale: int.
    """
    height, width = (n // scale for n in images.shape[1:3])
    return resize(images, (height, width), "bicubic")


def whole_picture(file, channels=3):
    """Returns a file's picture in its own size, `uint8`."""
    return decode(file, (*read_header(file).size, channels), "bicubic")


def super_resolution(dataset, scale=4, batch_size=None, seed=0):
    """Returns pairs of images and the same `scale` times as small, see `pairs`.

    Args:
        dataset: `kerasgen.data.Dataset` of images, the large ones.
        scale: int. 2, 4 or 8; the sides must be divisible by it.
        batch_size: int. Defaults to that of `dataset`.
        seed: int. Seed of the order.

    Returns:
        `kerasgen.data.Dataset`, whose batches are `(large, small)`.
    """
    check_int("scale", scale, 2)
    shape = dataset.image_shape
    if shape is None or shape[0] % scale or shape[1] % scale:
        raise ValueError(
            f"`dataset` must be of images whose sides are divisible by {scale}. "
            f"Received: {dataset.name!r} with data of shape {dataset.data_shape}"
        )
    found = pairs(
        Smaller(dataset.source, scale),
        dataset.source,
        dataset.batch_size if batch_size is None else batch_size,
        seed,
        dataset.shuffle,
        dataset.drop_remainder,
    )
    found.name, found.split = dataset.name, dataset.split
    found.notes = list(dataset.notes)
    return found


def load_super_resolution(
    name,
    split="train",
    batch_size=16,
    scale=4,
    crop=96,
    crops=32,
    seed=0,
    shuffle=None,
    **options,
):
    """Loads images by name with the same `scale` times as small, as pairs.

    Of a folder parts are cut, `crops` of each file in its own size, at places that are
    drawn by the seed; files with a side shorter than `crop` are left out. Other data
    are taken whole, or resized to `image_size`.

    Args:
        name: str, as in `load`.
        split: str. Defaults to `"train"`.
        batch_size: int. Defaults to `16`.
        scale: int. 2, 4 or 8.
        crop: int. Pixels of a side of parts of a folder's images, divisible by `scale`.
            Defaults to `96`.
        crops: int. Parts of each file in an epoch. Defaults to `32`.
        seed: int. Of the order and of places.
        shuffle: bool. Defaults to whether `split` is a training split.
        **options: the other arguments of `load`, such as `image_size`.

    Returns:
        `kerasgen.data.Dataset`, whose batches are `(large, small)`.
    """
    shuffle = split.startswith("train") if shuffle is None else shuffle
    prefix, _, path = str(name).partition(":")
    if prefix != "folder" or options.get("image_size") is not None:
        base = load(name, split, 1, labels=False, seed=seed, shuffle=shuffle, **options)
        return super_resolution(base, scale, batch_size, seed)
    check_choice("split", split, STREAMS)
    if check_int("crop", crop, 2 * scale) % scale:
        raise ValueError(
            f"`crop` must be divisible by `scale`, {scale}. Received: crop={crop}"
        )
    folder = pathlib.Path(path).expanduser()
    files = [file for file, _ in find_files(folder).of(split, folder)]
    large = [file for file in files if min(read_header(file).size) >= crop]
    if not large:
        raise ValueError(
            f"`folder:` must hold images of {crop} x {crop} pixels or more. Received: "
            f"{folder} with {len(files)} smaller ones in split {split!r}"
        )
    source = Crops(large, crop, check_int("crops", crops), [seed, STREAMS.index(split)])
    base = Dataset(source, batch_size=1, shuffle=shuffle, name=name, split=split)
    if len(large) < len(files):
        base.notes.append(f"{len(files) - len(large)} files smaller than {crop} pixels")
    return super_resolution(base, scale, batch_size, seed)
