"""Adaptive augmentation: as much as the discriminator's confidence asks for."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_int, check_number
from kerasgen.layers.grid_sampling import affine_grid, sample_bilinear
from kerasgen.layers.image_augmentation import ImageAugmentation, draw_below
from kerasgen.registry import PACKAGE

KINDS = {"b": 7, "g": 11, "c": 10}  # the draws that each takes for an image


@keras.saving.register_keras_serializable(PACKAGE)
class AdaptiveAugmentation(ImageAugmentation):
    """Disturbs images with a probability that follows how sure the discriminator is.

    Real and generated images go through it before the discriminator, in the updates
    of both players, with the gradient through it. Each transformation happens to an
    image with the probability `p`, apart from the others, in this order:

    - `"b"`, pixel blitting: a flip to the other side in half of the cases, a turn by 0,
      90, 180 or 270 degrees (0 or 180 where the sides differ), a shift by whole pixels,
      uniform on 1/8 of height and width to each side;
    - `"g"`, geometry: a scale `2^n`, with `n` normal of deviation 0.2, a turn uniform
      on the circle, scales `2^n` of the width and `2^-n` of the height, a second turn
      (one of the two happens with the probability `p`), and a shift, normal of
      deviation 1/8 of width and height; all in one matrix, pixels between four others,
      and the reflection of the image outside it;
    - `"c"`, colour: a shift of brightness, normal of deviation 0.1 of the value range,
      a contrast `2^n` about the middle of the range, `n` of deviation 0.5, a reflection
      of the lightness in half of the cases, a turn of the hue uniform on the circle and
      a saturation `2^n`, `n` of deviation 1; all in one matrix. Hue is for three
      channels and saturation for more than one.

    At `p = 0` images pass as they are. After every `interval` batches `p` moves by
    `sign(r - target) * seen / images`, where `r` is the mean sign of the
    discriminator's output on the `seen` real images, down to 0 and without an upper
    bound, as in the released code.

    Args:
        target: float in [-1, 1]. The mean sign of the output on real images that `p`
            strives for; the paper's heuristic `r_t`.
        interval: int. Batches between two changes of `p`.
        images: int. Real images in which `p` can go from 0 to 1.
        transformations: str. Letters of `"bgc"`, each at most once; their order is
            always this one.
        value_range: pair of floats, the lowest and the highest value of the images.

    Attributes:
        probability: float32 variable, `p`. Starts at 0 and is saved, as the counters.

    Input:  `(batch, height, width, channels)`, of any size and number of channels.
    Output: the same shape and dtype; values may leave the range.

    Differs from the released code: images are not oversampled with a wavelet filter
    while they are transformed, so they lose some sharpness between pixels; reflections
    go on without end, where the code pads by one image and fills the rest with 0;
    images whose sides differ do not turn by 90 degrees; any number of channels has its
    lightness, their mean, where the code takes one or three. Filters, noise and cutout,
    which its default leaves out, are not here.

    Reference: [Karras et al., 2020](https://arxiv.org/abs/2006.06676), sections 2 and 3
    and appendix B.
    """

    draws = sum(KINDS.values())

    def __init__(
        self,
        target=0.6,
        interval=4,
        images=500_000,
        transformations="bgc",
        value_range=(-1.0, 1.0),
        **kwargs,
    ):
        super().__init__(value_range, **kwargs)
        self.target = check_number("target", target, -1.0, 1.0)
        self.interval = check_int("interval", interval)
        self.images = check_int("images", images)
        letters = transformations if isinstance(transformations, str) else ""
        if not letters or {*letters} - {*KINDS} or len({*letters}) < len(letters):
            raise ValueError(
                "`transformations` must be letters of 'bgc', each at most once. "
                f"Received: transformations={transformations!r}"
            )
        self.transformations = transformations
        self.probability = self._add("probability")
        self._signs = self._add("signs")  # their sum over examples
        self._seen = self._add("seen")
        self._batches = self._add("batches", "int32")

    def _add(self, name, dtype="float32"):
        return self.add_weight(
            name=name,
            shape=(),
            dtype=dtype,
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean" if dtype == "float32" else "only_first_replica",
        )

    def observe(self, scores):
        """Takes the discriminator's output on a batch of real images into account.

        Call it once a batch. On `tf.distribute` replicas, all see their own batch.

        Args:
            scores: float tensor `(batch, ...)`, above 0 for what is taken for real, or
                the signs of it. Of a map of scores the mean sign counts.
        """
        scores = ops.stop_gradient(ops.convert_to_tensor(scores))
        signs = ops.sign(ops.cast(scores, "float32"))
        count = ops.cast(ops.shape(signs)[0], "float32")
        self._signs.assign(self._signs.value + count * ops.mean(signs))
        self._seen.assign(self._seen.value + count)
        # Read again: of replicas, the means over all of them.
        signs, seen = self._signs.value, self._seen.value
        batches = self._batches.value + 1
        due = batches >= self.interval
        step = seen * backend.num_replicas() / self.images
        moved = self.probability.value + step * ops.sign(signs / seen - self.target)
        p = ops.where(due, ops.maximum(moved, 0.0), self.probability.value)
        self.probability.assign(p)
        self._signs.assign(ops.where(due, 0.0, signs))
        self._seen.assign(ops.where(due, 0.0, seen))
        self._batches.assign(ops.where(due, 0, batches))

    def transform(self, x, uniform):
        dtype, x = x.dtype, ops.cast(x, "float32")
        uniform, start = ops.convert_to_tensor(uniform, "float32"), 0
        p, parts = ops.convert_to_tensor(self.probability.value), {}
        for kind, count in KINDS.items():
            parts[kind] = _Draws(uniform[:, start : start + count], count, p)
            start += count
        height, width, channels = x.shape[1:]
        inverse = _eye(x, 3)
        if "b" in self.transformations:
            inverse = _blitting(inverse, parts["b"], height, width)
        if "g" in self.transformations:
            inverse = _geometry(inverse, parts["g"], height, width)
        if self.transformations != "c":
            x = sample_bilinear(x, *affine_grid(inverse, height, width))
        if "c" in self.transformations:
            x = self._recolored(x, _color(_eye(x, channels + 1), parts["c"], channels))
        return ops.cast(x, dtype)

    def _recolored(self, x, matrix):
        """Returns images whose colours, from -1 to 1, went through a matrix."""
        turn, shift = matrix[:, :-1, :-1], matrix[:, :-1, -1]
        # So put that nothing changes, not by rounding either, by the unit matrix.
        middle = self.middle * (1.0 - ops.sum(turn, axis=-1))
        shift = self.half * shift + middle
        x = ops.sum(turn[:, None, None] * x[..., None, :], axis=-1)
        return x + shift[:, None, None]

    def get_config(self):
        names = ("target", "interval", "images", "transformations")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}


class _Draws:
    """Hands out the draws of a batch one after another, a column each."""

    def __init__(self, uniform, count, p):
        self._columns = iter([uniform[:, i] for i in range(count)])
        self.p = p

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * next(self._columns)

    def normal(self, deviation):
        # Within 5 deviations: at an end of its range the inverse has no value.
        u = ops.clip(2.0 * next(self._columns) - 1.0, -0.9999995, 0.9999995)
        return deviation * np.sqrt(2.0) * ops.erfinv(u)

    def choice(self, count):
        return draw_below(next(self._columns), count)

    def happens(self, p=None):
        """Returns 1 where the transformation happens, else 0."""
        happens = next(self._columns) < (self.p if p is None else p)
        return ops.cast(happens, "float32")


# === Matrices, (batch, 3, 3): of the place of a new pixel, that of the old one ===


def _blitting(matrix, draws, height, width):
    flips = draws.choice(2) * draws.happens()
    matrix = _scaled(matrix, 1.0 - 2.0 * flips, 1.0 + 0.0 * flips)
    turns = draws.choice(4) if height == width else 2.0 * draws.choice(2)
    matrix = _turned(matrix, np.pi / 2.0 * turns * draws.happens(), whole=True)
    happens = draws.happens()
    right, down = (happens * draws.uniform(-0.125, 0.125) for _ in range(2))
    return _shifted(matrix, ops.round(right * width), ops.round(down * height))


def _geometry(matrix, draws, height, width):
    scale = 2.0 ** (draws.normal(0.2) * draws.happens())
    matrix = _scaled(matrix, scale, scale)
    # Of two turns at least one then happens with the probability p.
    p = 1.0 - ops.sqrt(ops.maximum(1.0 - draws.p, 0.0))
    matrix = _turned(matrix, draws.uniform(-np.pi, np.pi) * draws.happens(p))
    scale = 2.0 ** (draws.normal(0.2) * draws.happens())
    matrix = _scaled(matrix, scale, 1.0 / scale)
    matrix = _turned(matrix, draws.uniform(-np.pi, np.pi) * draws.happens(p))
    happens = draws.happens()
    right, down = (happens * draws.normal(0.125) for _ in range(2))
    return _shifted(matrix, right * width, down * height)


def _scaled(matrix, width, height):
    zero = ops.zeros_like(width)
    return _product(matrix, [[1.0 / width, zero], [zero, 1.0 / height]])


def _turned(matrix, angle, whole=False):
    sine, cosine = ops.sin(angle), ops.cos(angle)
    if whole:  # quarters, at which these are 0 and 1 but for rounding
        sine, cosine = ops.round(sine), ops.round(cosine)
    return _product(matrix, [[cosine, -sine], [sine, cosine]])


def _shifted(matrix, right, down):
    shift = ops.stack([right, down, ops.zeros_like(right)], axis=-1)
    moved = ops.sum(matrix * shift[:, None, :], axis=-1)
    last = ops.convert_to_tensor(np.float32([0.0, 0.0, 1.0]))
    return matrix - moved[..., None] * last


def _product(matrix, linear):
    """Returns the product with a matrix `[[a, b], [c, d]]` in the plane."""
    zero = ops.zeros_like(linear[0][0])
    rows = [[*linear[0], zero], [*linear[1], zero], [zero, zero, zero + 1.0]]
    other = ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)
    # Written out, as a product of matrices may round to the ten bits of TF32.
    return ops.sum(matrix[:, :, :, None] * other[:, None, :, :], axis=-2)


# === Matrices, (batch, channels + 1, channels + 1): of an old colour, the new one ===


def _color(matrix, draws, channels):
    colors = np.diag([1.0] * channels + [0.0])
    grey = np.outer(np.diag(colors), np.diag(colors)) / channels
    white = np.zeros((channels + 1, channels + 1))
    white[:channels, channels] = 1.0

    def added(matrix, *terms):
        """Returns `(1 + sum(amount * fixed)) matrix`: the same where amounts are 0."""
        result = matrix
        for amount, fixed in terms:
            fixed = ops.convert_to_tensor(fixed.astype("float32"))
            product = ops.sum(fixed[:, :, None] * matrix[:, None, :, :], axis=-2)
            result = result + amount[:, None, None] * product
        return result

    matrix = added(matrix, (draws.normal(0.2) * draws.happens(), white))
    contrast = 2.0 ** (draws.normal(0.5) * draws.happens())
    matrix = added(matrix, (contrast - 1.0, colors))
    matrix = added(matrix, (-2.0 * draws.choice(2) * draws.happens(), grey))
    angle = draws.uniform(-np.pi, np.pi) * draws.happens()
    if channels == 3:  # Rodrigues' formula about the axis of greys
        cross = np.zeros((4, 4))
        cross[:3, :3] = np.float64([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3.0)
        turn = (ops.sin(angle), cross), (ops.cos(angle) - 1.0, colors - grey)
        matrix = added(matrix, *turn)
    saturation = 2.0 ** (draws.normal(1.0) * draws.happens())
    return added(matrix, (saturation - 1.0, colors - grey))


def _eye(x, size):
    """Returns a unit matrix for each image."""
    eye = ops.convert_to_tensor(np.eye(size, dtype="float32"))
    return ops.broadcast_to(eye, (ops.shape(x)[0], size, size))
