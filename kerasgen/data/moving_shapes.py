"""Videos of shapes that move over a still ground; kind, speed and direction known."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content
from kerasgen.data.drawing import (
    Canvas,
    box,
    column,
    ellipse,
    polygon,
    star,
    surface,
    waves,
)
from kerasgen.data.drawn import DrawnSource, FactSource, check_drawn
from kerasgen.features import ClassLabel, Fields, Video

KINDS = ("circle", "square", "triangle", "star")
DIRECTIONS = (
    *("right", "down right", "down", "down left"),
    *("left", "up left", "up", "up right"),
)
SPEEDS = ("slow", "middle", "fast")
STEPS = (0.05, 0.10, 0.16)  # a frame, in units of half of the shorter side
COLORS = ((224, 70, 60), (250, 190, 60), (70, 160, 90), (60, 110, 210), (170, 80, 180))
GROUNDS = ((70, 84, 104), (96, 84, 110), (80, 104, 92), (120, 100, 84))
CLASS_NAMES = {"kind": KINDS, "direction": DIRECTIONS, "speed": SPEEDS}
MOST_SHAPES = 2


def load_moving_shapes(
    split,
    seed,
    image_size,
    labels,
    *,
    num_examples=2000,
    frames=16,
    max_shapes=1,
):
    """Draws videos, `uint8` of shape `(n, frames, height, width, 3)`.

    Every video is a pure function of (seed, split, index). A shape moves by the same
    step every frame and bounces off the edges; the ground stays as it is.
    `dataset.source.facts(indices)` tells all, `dataset.source.masks(indices)` where
    shapes are, `(n, frames, height, width)`, and `dataset.fields.x` is a `Video`.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(height, width)`, or None for 32x32. At least 16.
        labels: False; True or `"kind"`; `"direction"`, one of eight, at the start; or
            `"speed"`, one of three; of the first shape.
        num_examples: int. Defaults to `2000`.
        frames: int, at least 2. Defaults to `16`.
        max_shapes: int, 1 or 2. Defaults to `1`.
    """
    stream, image_size = check_drawn(split, num_examples, image_size, 32, 16)
    check_choice("labels", labels, (False, True, *CLASS_NAMES))
    check_int("frames", frames, 2)
    check_int("max_shapes", max_shapes, 1, MOST_SHAPES)
    source = MovingShapesSource(
        num_examples, image_size, seed, stream, frames, max_shapes
    )
    x = Video(frames, (*image_size, 3))
    if not labels:
        return Content(source, field=Fields(x))
    key = "kind" if labels is True else labels
    found = FactSource(source, lambda facts: facts[key][:, 0])
    names = CLASS_NAMES[key]
    return Content(source, found, names, field=Fields(x, ClassLabel(len(names))))


class MovingShapesSource(DrawnSource):
    """Source of videos; arguments as in `DrawnSource`, and those of the loader."""

    def __init__(
        self, num_examples, image_size, seed=0, stream=0, frames=16, max_shapes=1
    ):
        super().__init__(num_examples, image_size, seed, stream)
        self.frames = frames
        self.max_shapes = max_shapes

    def draw_facts(self, generator):
        count, rows = int(generator.integers(1, self.max_shapes + 1)), self.max_shapes
        radius = generator.uniform(0.2, 0.32, rows)
        ends = np.array(self.image_size[::-1]) / min(self.image_size)
        spare = ends - radius[:, None] - 0.02
        return {
            "count": np.int32(count),
            "kind": generator.integers(0, len(KINDS), rows).astype("int32"),
            "color": generator.integers(0, len(COLORS), rows).astype("int32"),
            "direction": generator.integers(0, 8, rows).astype("int32"),
            "speed": generator.integers(0, len(SPEEDS), rows).astype("int32"),
            "radius": radius,
            "spare": spare,
            "start": generator.uniform(-spare, spare),
            "ground": np.int32(generator.integers(len(GROUNDS))),
            "texture": waves(generator, 8, 3.0),
        }

    def places(self, facts):
        """Returns the middles of shapes `(x, y)`, `(n, frames, shapes, 2)`.

        In units of half of the shorter side, from the middle of the picture.
        """
        angle = facts["direction"] * (np.pi / 4)
        step = np.array(STEPS)[facts["speed"]][..., None]
        step = step * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        times = np.arange(self.frames)[:, None, None]
        way = facts["start"][:, None] + times * step[:, None]
        spare = facts["spare"][:, None]
        phase = np.mod(way + spare, 4 * spare)  # there and back
        return np.where(phase > 2 * spare, 4 * spare - phase, phase) - spare

    def render(self, facts):
        count = len(facts["kind"])
        still = Canvas(count, self.image_size)
        texture = surface(still.x, still.y, facts["texture"])
        still.shade = 1.0 + 0.55 * texture
        ground = np.array(GROUNDS, "float32")[facts["ground"]]
        still.paint(np.ones_like(texture), ground, shaded=True)
        canvas = Canvas(count * self.frames, self.image_size)
        canvas.planes[:] = np.repeat(still.planes, self.frames, axis=1)
        facts = {key: np.repeat(v, self.frames, axis=0) for key, v in facts.items()}
        for k, (x, y, away) in enumerate(self._shapes(canvas, facts)):
            there = (k < facts["count"]).astype("float32")
            color = np.array(COLORS, "float32")[facts["color"][:, k]]
            canvas.paint(canvas.cover(away), color * 0.6, there)
            canvas.shade = np.clip(1.08 - 0.25 * (x + y), 0.75, 1.25)
            inner = canvas.cover(away + canvas.pixel)
            canvas.paint(inner, color, there, shaded=True)
        return canvas.pixels().reshape(count, self.frames, *self.image_size, 3)

    def masks(self, indices):
        """Returns where shapes are, bool `(n, frames, height, width)`."""
        facts = self.facts(indices)
        count = len(facts["kind"])
        facts = {key: np.repeat(v, self.frames, axis=0) for key, v in facts.items()}
        canvas = Canvas(count * self.frames, self.image_size)
        found = np.zeros(canvas.planes.shape[1:], bool)
        for k, (_, _, away) in enumerate(self._shapes(canvas, facts)):
            there = (k < facts["count"])[:, None, None]
            found |= (away < 0.5 * canvas.pixel) & there
        return found.reshape(count, self.frames, *self.image_size)

    def _shapes(self, canvas, facts):
        """Yields coordinates from each shape's middle, and the distance from it."""
        once = {key: value[:: self.frames] for key, value in facts.items()}
        places = self.places(once).astype("float32").reshape(-1, self.max_shapes, 2)
        for k in range(self.max_shapes):
            x = canvas.x - column(places[:, k, 0])
            y = canvas.y - column(places[:, k, 1])
            away = np.empty(canvas.planes.shape[1:], "float32")
            for kind, function in enumerate(_DISTANCES):
                chosen = facts["kind"][:, k] == kind
                if chosen.any():
                    radius = facts["radius"][chosen, k]
                    away[chosen] = function(x[chosen], y[chosen], radius)
            yield x, y, away


def _triangle(x, y, radius):
    corners = [(0 * radius, -radius), (0.92 * radius, 0.72 * radius)]
    return polygon(x, y, [*corners, (-0.92 * radius, 0.72 * radius)])


_DISTANCES = (
    ellipse,
    lambda x, y, radius: box(x, y, 0.82 * radius, 0.82 * radius),
    _triangle,
    star,
)
