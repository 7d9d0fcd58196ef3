"""Near-duplicates of a data set, found by the binary codes of an autoencoder.

Radford, Metz and Chintala, 2016, https://arxiv.org/abs/1511.06434, section 4.1.1: the
rectified code of an autoencoder of 3072-128-3072 units, trained on images with noise
and dropout, is above 0 or not, which makes 128 bits; images with equal bits are
duplicates, found by hashing (Salakhutdinov and Hinton, 2009, "Semantic Hashing").
"""

import math

import keras
import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.data.splitting import select
from kerasgen.explore.neighbours import Parts
from kerasgen.explore.result import Exploration
from kerasgen.images import to_float
from kerasgen.layers import channels_last
from kerasgen.metrics.feature_networks import FeatureNetwork, glorot_weights

SIDE = 32  # pixels that images are brought to, unless they are smaller
SHOWN = 8  # rows of the picture
SEEN = 128  # images a step


class BinaryCoder:
    """The bits of images: which units of a network's code are above a threshold.

    Args:
        model: `keras.Model` from floats in `[0, 1]`, `(batch, height, width,
            channels)`, to codes `(batch, bits)`. Images are cropped and resized to what
            it takes, as in `kerasgen.data.load`.
        threshold: float. Defaults to `0.0`.
    """

    def __init__(self, model, threshold=0.0):
        self.network = FeatureNetwork("binary coder", model)
        self.threshold, self.bits = float(threshold), self.network.feature_dim

    def __call__(self, images, batch_size=256):
        """Returns the bits of images, bool `(n, bits)`."""
        return self.network(images, batch_size)["features"] > self.threshold


def fit_coder(
    dataset, bits=128, steps=2000, noise=0.1, dropout=0.5, learning_rate=1e-3, seed=0
):
    """Trains the autoencoder whose codes tell duplicates, on a data set's images.

    One layer to `bits` rectified units and one back, on images of 32x32 pixels, or of
    their own size where they are smaller; the squared error of the images without the
    noise. Adam, batches of 128, a rate that falls to 0 by half a cosine.

    Args:
        dataset: `kerasgen.data.Dataset` of images.
        bits: int. Units of the code. Defaults to `128`.
        steps: int. Updates. Defaults to `2000`.
        noise: float. Standard deviation of the noise on images. The paper gives none.
            Defaults to `0.1`.
        dropout: float in [0, 1). Of the code. The paper gives none. Defaults to `0.5`.
        learning_rate: float. Of the first step. Defaults to `0.001`.
        seed: int. Of the weights and the order.

    Returns:
        `BinaryCoder`.
    """
    _check_images(dataset)
    check_int("bits", bits)
    check_int("steps", steps)
    check_number("noise", noise, 0.0)
    check_number("dropout", dropout, 0.0, 1.0 - 1e-6)
    check_number("learning_rate", learning_rate, 0.0)
    check_int("seed", seed, 0)
    height, width, channels = dataset.image_shape
    shape = (min(SIDE, height), min(SIDE, width), channels)
    layers, size = keras.layers, math.prod(shape)
    images = keras.Input(shape)
    x = layers.GaussianNoise(noise, seed=seed)(channels_last.Flatten()(images))
    code = layers.Dense(bits, "relu", name="code")(x)
    x = layers.Dense(size, "sigmoid")(layers.Dropout(dropout, seed=seed + 1)(code))
    autoencoder = keras.Model(images, layers.Reshape(shape)(x))
    generator = np.random.default_rng([seed, 2])
    glorot_weights(autoencoder, generator)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    autoencoder.compile(keras.optimizers.Adam(rate), "mean_squared_error")
    coder = BinaryCoder(keras.Model(images, code))
    size, source = min(SEEN, dataset.num_examples), dataset.source
    order = np.empty(0, "int64")
    for _ in range(steps):
        if len(order) < size:
            order = generator.permutation(dataset.num_examples)
        x = coder.network.prepare(np.asarray(source[np.sort(order[:size])]))
        order = order[size:]
        autoencoder.train_on_batch(x, x)
    return coder


def remove_duplicates(dataset, coder=None, radius=0, seed=0):
    """Returns a data set without its near-duplicates, and what was removed.

    An image is removed if one before it, in storage order, is kept and differs in
    `radius` bits of the code at most. Images are read in parts and only codes are kept,
    16 bytes each, so the data may be of any size. Codes are cut into `radius + 1`
    pieces, one of which near ones share, and looked up by these.

    Args:
        dataset: `kerasgen.data.Dataset` of images.
        coder: `BinaryCoder`, or function from images to bool `(n, bits)`; None for that
            of `fit_coder`.
        radius: int. Bits that duplicates may differ in. Defaults to `0`, the paper's.
        seed: int. Of the coder that is fitted.

    Returns:
        `kerasgen.data.Dataset`, a view without the removed images, and `Exploration`
        with a row for each of the first removed ones, beside the one that was kept in
        its place. `facts`: `"removed"`, how many; `"num_examples"`, of how many;
        `"indices"` and `"originals"` `(removed,)`, which, and in whose place;
        `"distances"` `(removed,)`, bits that differ.
    """
    check_int("radius", radius, 0)
    _check_images(dataset)
    coder = fit_coder(dataset, seed=seed) if coder is None else coder
    known = _Known(radius)
    removed, originals, distances, kept = [], [], [], []
    for rows, images in Parts(dataset):
        for index, bits in zip(rows, np.asarray(coder(images), bool), strict=True):
            original, distance = known.find(bits)
            if original is None:
                known.add(bits, index)
                kept.append(index)
            else:
                removed.append(index)
                originals.append(original)
                distances.append(distance)
    facts = {
        "removed": len(removed),
        "num_examples": dataset.num_examples,
        "indices": np.array(removed, "int64"),
        "originals": np.array(originals, "int64"),
        "distances": np.array(distances, "int64"),
    }
    shown = [np.array(part[:SHOWN], "int64") for part in (originals, removed)]
    height, width, channels = dataset.image_shape
    pairs = np.zeros((0, 2, height, width, channels), "float32")
    if removed:
        pairs = np.stack([to_float(dataset.source[part]) for part in shown], axis=1)
    kept = select(dataset, np.array(kept, "int64"))
    return kept, Exploration(
        pairs,
        facts=facts,
        title=f"{len(removed)} of {dataset.num_examples} images removed",
        row_labels=[f"{a}, {b}" for a, b in zip(*shown, strict=True)] or None,
        column_labels=["kept", "removed"],
        fields=dataset.fields,
    )


def _check_images(dataset):
    if dataset.image_shape is None:
        raise ValueError(
            "`dataset` must be of images. "
            f"Received: {dataset.name!r} with data of shape {dataset.data_shape}"
        )


class _Known:
    """The codes of kept images, found by pieces of their bits."""

    def __init__(self, radius):
        self.radius, self.indices = radius, []
        self.codes = None
        self.tables = [{} for _ in range(radius + 1)]

    def _pieces(self, bits):
        parts = np.array_split(bits, self.radius + 1)
        return [np.packbits(part).tobytes() for part in parts]

    def find(self, bits):
        """Returns the index of the nearest code within the radius, and its distance."""
        near = sorted(
            {
                place
                for table, piece in zip(self.tables, self._pieces(bits), strict=True)
                for place in table.get(piece, ())
            }
        )
        if not near:
            return None, None
        others = self.codes[near] ^ np.packbits(bits)
        distances = np.unpackbits(others, axis=1).sum(axis=1, dtype="int64")
        best = int(np.argmin(distances))
        if distances[best] > self.radius:
            return None, None
        return self.indices[near[best]], int(distances[best])

    def add(self, bits, index):
        place = len(self.indices)
        code = np.packbits(bits)
        if self.codes is None:
            self.codes = np.zeros((1024, len(code)), "uint8")
        if place == len(self.codes):
            self.codes = np.concatenate([self.codes, np.zeros_like(self.codes)])
        self.codes[place] = code
        self.indices.append(index)
        for table, piece in zip(self.tables, self._pieces(bits), strict=True):
            table.setdefault(piece, []).append(place)
