"""Coloured shapes, drawn on the fly: what, where and in which colour is known."""

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data.content import Content
from kerasgen.data.drawn import DrawnSource, FactSource, check_drawn

KINDS = ("circle", "square", "triangle", "star", "cross")
COLORS = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (50, 80, 220),
    "yellow": (230, 200, 40),
    "purple": (150, 60, 180),
    "black": (30, 30, 30),
}
POSITIONS = {  # (row, column) of the centre, as a share of height and width
    "top left": (0.27, 0.27),
    "top right": (0.27, 0.73),
    "bottom left": (0.73, 0.27),
    "bottom right": (0.73, 0.73),
    "centre": (0.5, 0.5),
}
MAP_NAMES = ("background", *KINDS)
VOCABULARY = (
    *("", "a", "at", "in", "the", "top", "bottom", "left", "right", "centre"),
    *(*COLORS, *KINDS),
)
CLASS_NAMES = {
    "kind": KINDS,
    "color": tuple(COLORS),
    "position": tuple(POSITIONS),
    "map": MAP_NAMES,
    "caption": VOCABULARY,
}
CAPTION_LENGTH = 7
SUPERSAMPLING = 4


def load_shapes(split, seed, image_size, labels, *, num_examples=10000):
    """Draws one coloured shape an image, `uint8` of shape `(n, height, width, 3)`.

    Every image is a pure function of (seed, split, index).
    `dataset.source.attributes(indices)` tells all that is in it.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(height, width)`, or None for 32x32. At least 16.
        labels: False; True or `"kind"`; `"color"`; `"position"`; `"map"`, the kind
            of every pixel plus one, `(n, height, width)`; or `"caption"`, the words'
            places in `class_names`, padded by 0, `(n, 7)`.
        num_examples: int. Defaults to `10000`.
    """
    stream, image_size = check_drawn(split, num_examples, image_size, 32, 16)
    check_choice("labels", labels, (False, True, *CLASS_NAMES))
    source = ShapesSource(num_examples, image_size, seed, stream)
    if not labels:
        return Content(source)
    key = "kind" if labels is True else labels
    found = FactSource(source, lambda facts: source.label(key, facts))
    return Content(source, found, CLASS_NAMES[key])


class ShapesSource(DrawnSource):
    """Source of drawn images; arguments as in `DrawnSource`."""

    def draw_facts(self, generator):
        kinds = (len(KINDS), len(COLORS), len(POSITIONS))
        kind, color, position = (np.int32(generator.integers(n)) for n in kinds)
        background = np.float32(generator.integers(215, 256))
        radius = generator.uniform(0.15, 0.21)
        place = np.array(list(POSITIONS.values())[position])
        place = place + generator.uniform(-0.04, 0.04, 2)
        return {
            "kind": kind,
            "color": color,
            "position": position,
            "background": background,
            "radius": radius * min(self.image_size),
            "center": place * self.image_size,
        }

    def render(self, facts):
        cover = self._cover(facts)[..., None]
        colors = np.array(list(COLORS.values()), "float32")[facts["color"]]
        background = facts["background"][:, None, None, None]
        images = background * (1 - cover) + colors[:, None, None, :] * cover
        return np.round(images).astype("uint8")

    def attributes(self, indices):
        """Returns all that is known about some images.

        Returns:
            dict with `"kind"`, `"color"`, `"position"`: int32 `(n,)`, to be looked up
            in `KINDS`, `COLORS`, `POSITIONS`; `"center"`, (row, column), and
            `"radius"`, in pixels; `"background"`, the grey value in 0..255;
            `"map"`, int32 `(n, height, width)`; `"caption"`, a list of str.
        """
        facts = self.facts(indices)
        facts["map"] = self.label("map", facts)
        facts["caption"] = self.captions(facts)
        return facts

    def label(self, key, facts):
        """Returns one attribute as integers: a caption as its words' places."""
        if key == "map":
            inside = self._cover(facts) >= 0.5
            found = np.where(inside, facts["kind"][:, None, None] + 1, 0)
            return found.astype("int32")
        if key != "caption":
            return facts[key]
        tokens = np.zeros((len(facts["kind"]), CAPTION_LENGTH), "int32")
        for row, sentence in zip(tokens, self.captions(facts), strict=True):
            words = [VOCABULARY.index(word) for word in sentence.split()]
            row[: len(words)] = words
        return tokens

    def captions(self, facts):
        """Returns sentences such as `"a red circle at the top left"`."""
        colors, positions = list(COLORS), list(POSITIONS)
        sentences = []
        for kind, color, position in zip(
            facts["kind"], facts["color"], facts["position"], strict=True
        ):
            where = positions[position]
            where = f"{'in' if where == 'centre' else 'at'} the {where}"
            sentences.append(f"a {colors[color]} {KINDS[kind]} {where}")
        return sentences

    def _cover(self, facts):
        """Returns the share of every pixel that the shape covers, `(n, h, w)`."""
        (height, width), fine = self.image_size, SUPERSAMPLING
        rows = (np.arange(height * fine, dtype="float32") + 0.5) / fine
        columns = (np.arange(width * fine, dtype="float32") + 0.5) / fine
        cover = np.empty((len(facts["kind"]), height, width), "float32")
        for i, kind in enumerate(facts["kind"]):
            (row, column), radius = facts["center"][i], facts["radius"][i]
            v, u = (rows[:, None] - row) / radius, (columns - column) / radius
            inside = np.broadcast_to(_INSIDE[kind](u, v), (len(rows), len(columns)))
            cover[i] = inside.reshape(height, fine, width, fine).mean(axis=(1, 3))
        return cover


def _star(u, v):
    """A star of five points: one of ten equal wedges, folded from the others."""
    radius = np.sqrt(u * u + v * v)
    angle = np.abs(np.mod(np.arctan2(u, -v), 0.4 * np.pi) - 0.2 * np.pi)
    angle = 0.2 * np.pi - angle  # 0 at a point of the star, 36 degrees between two
    inner = 0.45 * np.exp(0.2j * np.pi)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return x * inner.imag + y * (1 - inner.real) <= inner.imag


_INSIDE = (
    lambda u, v: u * u + v * v <= 1,
    lambda u, v: np.maximum(np.abs(u), np.abs(v)) <= 0.85,
    lambda u, v: (np.abs(u) <= 0.95 * (v + 1) / 1.75) & (v <= 0.75),
    _star,
    lambda u, v: (
        (np.minimum(np.abs(u), np.abs(v)) <= 0.3)
        & (np.maximum(np.abs(u), np.abs(v)) <= 1)
    ),
)
