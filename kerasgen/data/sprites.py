"""Sprites: white shapes of which every factor of variation is known.

After dSprites (Matthey et al., 2017): the same five independent factors with the same
numbers of values, drawn here. It differs in the sizes of shapes, and in that the last
orientation is not the first one again.
"""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content

FACTORS = ("shape", "scale", "orientation", "x", "y")
SHAPES = ("square", "ellipse", "heart")
FACTOR_SIZES = (3, 6, 40, 32, 32)
TEST_SHARE = 0.1
RADIUS = 0.2  # of the largest shapes, as a share of the image's shorter side
SMALLEST_SCALE = 0.5
CHUNK = 256  # images drawn at a time


def load_sprites(
    split, image_size, labels, *, num_examples=None, factor_sizes=FACTOR_SIZES
):
    """Draws one white shape on black, `uint8` 0 or 255 of shape `(n, h, w, 1)`.

    The images are all combinations of shape (square, ellipse, heart), scale,
    orientation (a whole turn), x and y: 737,280 of them, drawn when they are read. A
    square looks the same at four orientations, an ellipse at two.
    `dataset.source.factors(indices)` tells the factors, `dataset.source.draw(factors)`
    draws any combination.

    Args:
        split: `"train"` and `"test"`, a fixed random tenth; `"all"` in the order of
            the factors, the last one fastest.
        image_size: `(height, width)`, or None for 64x64. At least 16; on smaller
            images neighbouring positions may look the same.
        labels: False; True or `"shape"`, `"scale"`, `"orientation"`, `"x"`, `"y"`.
        num_examples: int or None. Takes a fixed random part.
        factor_sizes: five ints, numbers of values. Defaults to `(3, 6, 40, 32, 32)`.
    """
    check_choice("split", split, ("train", "test", "all"))
    check_choice("labels", labels, (False, True, *FACTORS))
    image_size = image_size or (64, 64)
    if min(image_size) < 16:
        raise ValueError(
            f"`image_size` must be at least 16. Received: image_size={image_size}"
        )
    sizes = tuple(check_int("factor_sizes", size) for size in factor_sizes)
    if len(sizes) != len(FACTORS) or sizes[0] > len(SHAPES):
        raise ValueError(
            f"`factor_sizes` must be {len(FACTORS)} ints, the first at most "
            f"{len(SHAPES)}. Received: factor_sizes={factor_sizes!r}"
        )
    chosen = _choose(split, int(np.prod(sizes)), num_examples)
    source = SpritesSource(image_size, sizes, chosen)
    if not labels:
        return Content(source)
    column = FACTORS.index("shape" if labels is True else labels)
    names = SHAPES if column == 0 else map(str, range(sizes[column]))
    return Content(source, SpritesLabels(source, column), tuple(names)[: sizes[column]])


def _choose(split, total, num_examples):
    """Returns the combinations of a split in their order, or None for all."""
    if split == "all" and num_examples is None:
        return None
    order = np.random.default_rng(0).permutation(total)
    num_test = max(1, int(TEST_SHARE * total))
    parts = {"all": order, "test": order[:num_test], "train": order[num_test:]}
    found = parts[split]
    if num_examples is not None:
        if check_int("num_examples", num_examples) > len(found):
            raise ValueError(
                f"`num_examples` must be at most {len(found)}. "
                f"Received: num_examples={num_examples}"
            )
        found = found[:num_examples]
    return np.sort(found)


class SpritesSource:
    """Source of drawn sprites.

    Args:
        image_size: `(height, width)`.
        factor_sizes: five ints, the numbers of values of `FACTORS`.
        chosen: int array, the combinations that it holds, or None for all.
    """

    factor_names = FACTORS
    categorical = (0,)  # the factors whose values have no order

    def __init__(self, image_size=(64, 64), factor_sizes=FACTOR_SIZES, chosen=None):
        self.image_size = tuple(image_size)
        self.factor_sizes = tuple(factor_sizes)
        self.chosen = chosen

    def __len__(self):
        total = int(np.prod(self.factor_sizes))
        return total if self.chosen is None else len(self.chosen)

    def __getitem__(self, indices):
        return self.draw(self.factors(indices))

    def factors(self, indices):
        """Returns the factors of some images, int32 `(n, 5)`, counted from 0."""
        indices = np.atleast_1d(indices)
        if self.chosen is not None:
            indices = self.chosen[indices]
        values = np.unravel_index(indices, self.factor_sizes)
        return np.stack(values, axis=1).astype("int32")

    def draw(self, factors):
        """Returns the images of factors `(n, 5)`, `uint8` `(n, height, width, 1)`."""
        factors = np.asarray(factors)
        bad = factors.ndim != 2 or factors.shape[1] != len(FACTORS)
        if bad or (factors < 0).any() or (factors >= self.factor_sizes).any():
            raise ValueError(
                f"`factors` must have shape (n, {len(FACTORS)}) and be less than "
                f"{self.factor_sizes}. Received: factors of shape {factors.shape}"
            )
        images = np.zeros((len(factors), *self.image_size, 1), "uint8")
        for start in range(0, len(factors), CHUNK):
            part = slice(start, start + CHUNK)
            images[part, ..., 0] = 255 * self._inside(factors[part])
        return images

    def _inside(self, factors):
        (height, width), radius = self.image_size, RADIUS * min(self.image_size)
        shape, _, turn, _, _ = factors.T
        share = factors.T / np.maximum(np.array(self.factor_sizes) - 1, 1)[:, None]
        size = radius * (1.0 - (1.0 - SMALLEST_SCALE) * (1.0 - share[1]))
        angle = 2 * np.pi * turn / self.factor_sizes[2]
        column = radius + (width - 2 * radius) * share[3]
        row = radius + (height - 2 * radius) * share[4]
        column, row, size, angle = (
            a.astype("float32")[:, None, None] for a in (column, row, size, angle)
        )
        right = (np.arange(width, dtype="float32") + 0.5 - column) / size
        down = (np.arange(height, dtype="float32")[:, None] + 0.5 - row) / size
        u = np.cos(angle) * right + np.sin(angle) * down
        v = np.cos(angle) * down - np.sin(angle) * right
        inside = np.zeros((len(factors), height, width), bool)
        for kind, function in enumerate(_INSIDE):
            chosen = shape == kind
            inside[chosen] = function(u[chosen], v[chosen])
        return inside


class SpritesLabels:
    """Source of one factor of `SpritesSource`, as integers."""

    def __init__(self, source, column):
        self.source = source
        self.column = column

    def __len__(self):
        return len(self.source)

    def __getitem__(self, indices):
        return self.source.factors(indices)[:, self.column]


def _heart(u, v):
    x, y = 1.25 * u, 0.25 - 1.25 * v
    return (x * x + y * y - 1) ** 3 <= x * x * y**3


# In units of the shape's size: each reaches the unit circle and stays in it.
_INSIDE = (
    lambda u, v: np.maximum(np.abs(u), np.abs(v)) <= np.sqrt(0.5),
    lambda u, v: u * u + (2 * v) ** 2 <= 1,
    _heart,
)
