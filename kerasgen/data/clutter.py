"""Real digits in colour on cluttered grounds, and clean, negative or outlined ones."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content
from kerasgen.data.digits import load_digits
from kerasgen.data.drawing import Canvas, box, column, ellipse, surface, turned, waves
from kerasgen.data.drawn import DrawnSource, FactSource, check_labels
from kerasgen.features import Attributes, Fields, Image

KINDS = ("clutter", "clean", "negative", "edges", "rotated")
COLORS = {
    "red": (226, 62, 54),
    "orange": (244, 150, 50),
    "yellow": (246, 220, 80),
    "green": (72, 176, 88),
    "blue": (66, 124, 226),
    "purple": (164, 84, 196),
    "white": (244, 244, 244),
    "black": (24, 24, 28),
}
DIGITS = tuple(str(digit) for digit in range(10))
DISCRETE = {"digit": DIGITS, "color": tuple(COLORS)}
TILT = 20.0  # degrees, of a digit at most
NUM_BLOBS = 5
SCALE = 4  # of the pixels of digits, before they are placed


def load_clutter(
    split, seed, image_size, labels, *, num_examples=None, kind="clutter", other="clean"
):
    """Draws scikit-learn's digits anew, `uint8` of shape `(n, height, width, 3)`.

    `"clutter"` are coloured digits, tilted and moved, on grounds of other colours with
    patches and other digits' strokes around them. The others are grey: `"clean"`, white
    on black; `"negative"`, black on white; `"edges"`, outlined; `"rotated"`, by a
    quarter of a turn. Every image is a pure function of (seed, split, index).

    `load_domains("clutter")` gives two domains without pairs, `a` of `kind` and `b` of
    `other`; no written digit is in both. `load_pairs("clutter")` gives each digit as
    both. `dataset.counterparts` has those of `a` as
    `b` would have them under `"a"`, and those of `b` under `"b"`.

    Args:
        split: `"train"` or `"test"`: of other digits.
        seed: int.
        image_size: `(height, width)`, or None for 32x32. At least 16.
        labels: False; True or `"digit"`; `"color"`, of the digit; or a list of these
            and `"tilt"` (degrees clockwise), given as `Attributes`.
        num_examples: int. Images, of each domain where there are two; each digit is
            taken as often as it takes. Defaults to None, once.
        kind: str, one of the five, what the images are.
        other: str, one of the five, what those of the second domain are.
    """
    check_choice("split", split, ("train", "test"))
    check_choice("kind", kind, KINDS)
    check_choice("other", other, KINDS)
    if labels is True:
        labels = "digit"
    names = check_labels(labels, (*DISCRETE, "tilt"))
    image_size = image_size or (32, 32)
    if min(image_size) < 16:
        raise ValueError(
            f"`image_size` must be at least 16. Received: image_size={image_size}"
        )
    if num_examples is not None:
        check_int("num_examples", num_examples)
    digits = load_digits(split, (8 * SCALE, 8 * SCALE), True)
    stream = ("train", "test").index(split)

    def source(kind, part, stream):
        chosen = slice(part, None, 1 if part is None else 2)
        return ClutterSource(
            digits.images[chosen, ..., 0], digits.labels[chosen], kind, image_size,
            seed, stream, num_examples,
        )  # fmt: skip

    found = source(kind, None, stream)
    (a, b), (a_other, b_other) = (
        [source(k, part, 2 + 2 * stream + part) for part in (0, 1)]
        for k in (kind, other)
    )
    attributes = {
        "domains": {"a": a, "b": b_other},
        "counterparts": {"a": a_other, "b": b},
        "pairs": {"a": found, "b": source(other, None, stream)},
    }
    if not names:
        return Content(found, attributes=attributes)
    if isinstance(labels, str) and labels in DISCRETE:
        values = FactSource(found, lambda facts: facts[labels])
        return Content(found, values, DISCRETE[labels], attributes=attributes)
    field = Attributes(
        {k: list(v) for k, v in DISCRETE.items() if k in names},
        {"tilt": (-TILT, TILT)} if "tilt" in names else {},
    )
    values = FactSource(found, lambda facts: {k: facts[k] for k in field.names})
    fields = Fields(Image((*image_size, 3)), field)
    return Content(found, values, field=fields, attributes=attributes)


class ClutterSource(DrawnSource):
    """Source of digits drawn anew.

    Args:
        digits: `uint8` `(n, side, side)`.
        labels: int array `(n,)`.
        kind: str, one of `KINDS`.
        image_size: tuple `(height, width)`.
        seed: int.
        stream: int.
        num_examples: int or None, for each digit once.
    """

    def __init__(self, digits, labels, kind, image_size, seed, stream, num_examples):
        count = len(digits) if num_examples is None else num_examples
        super().__init__(count, image_size, seed, stream)
        self.digits = digits.astype("float32") / 255.0
        self.labels = labels
        self.kind = kind

    def facts(self, indices):
        indices = np.arange(len(self))[np.atleast_1d(indices)]
        facts = super().facts(indices)
        number = (indices % len(self.digits)).astype("int32")
        return {**facts, "number": number, "digit": self.labels[number]}

    def draw_facts(self, generator):
        colors = len(COLORS)
        color = int(generator.integers(colors))
        grounds = [i for i in range(colors) if i != color]
        return {
            "color": np.int32(color),
            "grounds": generator.choice(grounds, NUM_BLOBS + 1).astype("int32"),
            "tilt": generator.uniform(-TILT, TILT),
            "shift": generator.uniform(-0.12, 0.12, 2),
            "scale": generator.uniform(0.86, 1.06),
            "texture": waves(generator, 6, 3.0),
            "blobs": generator.uniform(-1, 1, (NUM_BLOBS, 4)),
            "neighbours": generator.integers(0, 1 << 30, 2),
        }

    def render(self, facts):
        canvas = Canvas(len(facts["number"]), self.image_size, (0, 0, 0))
        if self.kind == "clutter":
            self._paint_clutter(canvas, facts)
            return canvas.pixels()
        digits = self.digits[facts["number"]]
        angle = np.full(len(digits), 90.0 if self.kind == "rotated" else 0.0)
        ink = self._ink(canvas, digits, angle, 0.0, 0.0, 0.86)
        if self.kind == "edges":
            ink = np.clip(1.3 - 4.2 * np.abs(ink - 0.42), 0.0, 1.0)
        else:
            ink = np.clip(1.5 * ink - 0.2, 0.0, 1.0)
        if self.kind == "negative":
            ink = 1.0 - ink
        canvas.paint(ink, (255, 255, 255))
        return canvas.pixels()

    def _paint_clutter(self, canvas, facts):
        colors = np.array(list(COLORS.values()), "float32")
        grounds = colors[facts["grounds"]] * 0.75 + 30
        canvas.shade = 1.0 + 0.4 * surface(canvas.x, canvas.y, facts["texture"])
        canvas.paint(np.ones_like(canvas.shade), grounds[:, 0], shaded=True)
        for k in range(NUM_BLOBS):
            a, b, size, turn = facts["blobs"][:, k].T
            x, y = canvas.x - column(1.1 * a), canvas.y - column(1.1 * b)
            x, y = turned(x, y, np.pi * turn)
            wide = 0.3 + 0.2 * size
            shape = (
                ellipse(x, y, wide, 0.5 * wide)
                if k % 2
                else box(x, y, wide, 0.4 * wide)
            )
            canvas.paint(canvas.cover(shape), grounds[:, k + 1], 0.7, shaded=True)
        for k, side in enumerate((-1.0, 1.0)):
            number = facts["neighbours"][:, k] % len(self.digits)
            shift = facts["shift"][:, ::-1][:, k]
            ink = self._ink(canvas, self.digits[number], -facts["tilt"],
                            side * 1.5 + shift, shift, facts["scale"])  # fmt: skip
            canvas.paint(ink, grounds[:, k + 1] * 0.6 + 70, 0.9)
        shift = facts["shift"].T
        ink = self._ink(canvas, self.digits[facts["number"]], facts["tilt"], *shift,
                        facts["scale"])  # fmt: skip
        far = self._ink(canvas, self.digits[facts["number"]], facts["tilt"],
                        shift[0] + 0.05, shift[1] + 0.06, facts["scale"])  # fmt: skip
        canvas.paint(np.clip(1.6 * far - 0.35, 0, 1), (16, 16, 20), 0.35)
        canvas.paint(np.clip(1.9 * ink - 0.45, 0, 1), colors[facts["color"]])

    def _ink(self, canvas, digits, tilt, across, down, scale):
        """Returns digits placed in the picture, `(n, height, width)` in `[0, 1]`."""
        x, y = canvas.x - column(across), canvas.y - column(down)
        x, y = turned(x, y, np.deg2rad(tilt))
        side = digits.shape[1]
        x, y = ((v / column(scale) + 1) * (side / 2) - 0.5 for v in (x, y))
        x, y = np.broadcast_arrays(x, y)
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        padded = np.pad(digits, ((0, 0), (1, 1), (1, 1)))
        rows, found = np.arange(len(digits))[:, None, None], 0.0
        for down_ in (0, 1):
            for right in (0, 1):
                weight = (1 - np.abs(x - left - right)) * (1 - np.abs(y - top - down_))
                place = (
                    np.clip(top + down_ + 1, 0, side + 1),
                    np.clip(left + right + 1, 0, side + 1),
                )
                found = found + weight * padded[(rows, *place)]
        return found.astype("float32")
