"""Landscapes without and with rain: pairs whose clean picture is known."""

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data.content import Content
from kerasgen.data.drawing import Canvas, box, column, ellipse, polygon, surface, waves
from kerasgen.data.drawn import DrawnSource, check_drawn
from kerasgen.features import Fields, Image

SKIES = ((112, 172, 232), (150, 190, 226), (226, 176, 140), (176, 190, 206))
HILLS = ((96, 146, 88), (128, 160, 84), (150, 140, 96), (84, 128, 112))
LEAVES = ((52, 112, 60), (88, 134, 52), (180, 118, 48), (44, 92, 76))
WALLS = ((228, 214, 190), (206, 120, 96), (186, 200, 214), (240, 236, 226))
ROOFS = ((156, 64, 52), (96, 82, 84), (120, 76, 60))
NUM_TREES, NUM_HOUSES = 6, 2
LABELS = (False, True, "rainy")


def load_rain(split, seed, image_size, labels, *, num_examples=3000):
    """Draws landscapes, `uint8` of shape `(n, height, width, 3)`, and rain over them.

    Every image is a pure function of (seed, split, index). `load_pairs("rain")` gives
    pairs: `a` is the rainy picture, `b` the clean one. `dataset.source.facts(indices)`
    tells how dense, how slanted and how long the rain is.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(height, width)`, or None for 64x64. At least 32.
        labels: False, for clean pictures alone; True or `"rainy"`, for the rainy
            picture of each as its condition.
        num_examples: int. Defaults to `3000`.
    """
    stream, image_size = check_drawn(split, num_examples, image_size, 64, 32)
    check_choice("labels", labels, LABELS)
    clean, rainy = (
        kind(num_examples, image_size, seed, stream)
        for kind in (LandscapesSource, RainySource)
    )
    attributes = {"pairs": {"a": rainy, "b": clean}}
    if not labels:
        return Content(clean, attributes=attributes)
    image = Image((*image_size, 3))
    return Content(clean, rainy, field=Fields(image, image), attributes=attributes)


class LandscapesSource(DrawnSource):
    """Source of landscapes: hills, trees and houses; arguments as in `DrawnSource`."""

    def draw_facts(self, generator):
        trees = generator.uniform(-1, 1, (NUM_TREES, 4))
        houses = generator.uniform(-1, 1, (NUM_HOUSES, 4))
        return {
            "sky": np.int32(generator.integers(len(SKIES))),
            "hill": np.int32(generator.integers(len(HILLS))),
            "sun": generator.uniform([-0.8, -0.8, 0.08], [0.8, -0.45, 0.16]),
            "clouds": waves(generator, 7, 4.0),
            "hills": np.stack([waves(generator, 3, 1.0 + 0.5 * i) for i in range(3)]),
            "trees": trees,
            "tree_kinds": generator.integers(0, 2 * len(LEAVES), NUM_TREES),
            "num_trees": np.int32(generator.integers(2, NUM_TREES + 1)),
            "houses": houses,
            "house_kinds": generator.integers(0, 12, NUM_HOUSES),
            "num_houses": np.int32(generator.integers(0, NUM_HOUSES + 1)),
            "rain": generator.uniform([0.45, -0.6, 0.7], [1.0, 0.6, 1.4]),
            "drops": np.int64(generator.integers(1 << 40)),
        }

    def render(self, facts):
        return self.paint(facts).pixels()

    def paint(self, facts):
        """Returns the `Canvas` with the landscapes."""
        canvas = Canvas(len(facts["sky"]), self.image_size)
        x, y = canvas.x, canvas.y
        sky = np.array(SKIES, "float32")[facts["sky"]]
        canvas.paint(np.ones_like(y), sky)
        canvas.paint(np.clip(0.55 + 0.6 * y, 0, 1), (250, 240, 226), 0.8)
        a, b, radius = facts["sun"].T
        sun = ellipse(x - column(a), y - column(b), radius)
        canvas.paint(canvas.cover(sun, 0.2), (255, 246, 210), 0.5)
        canvas.paint(canvas.cover(sun), (255, 248, 222))
        clouds = surface(x, 2.2 * y, facts["clouds"])
        canvas.paint(np.clip(2.4 * clouds - 0.3, 0, 1), (252, 252, 252), 0.75)
        hill = np.array(HILLS, "float32")[facts["hill"]]
        for i, level in enumerate((0.06, 0.26, 0.5)):
            line = level - (0.26, 0.18, 0.12)[i] * surface(
                x, 0 * x, facts["hills"][:, i]
            )
            tone = hill + (1 - (0.42, 0.75, 1.0)[i]) * (sky - hill)
            slope = np.clip(1.1 - 0.5 * np.clip(y - line, 0, 1), 0.7, 1.1)
            canvas.shade = slope
            canvas.paint(canvas.cover(line - y), tone, shaded=True)
            if i == 1:
                self._paint_houses(canvas, facts, line)
            if i == 2:
                self._paint_trees(canvas, facts, line)
        return canvas

    def _paint_houses(self, canvas, facts, line):
        for k in range(NUM_HOUSES):
            there = k < facts["num_houses"]
            place, size = 0.75 * facts["houses"][:, k, 0], facts["houses"][:, k, 1]
            half = 0.15 + 0.04 * size
            foot = _height(canvas, line, place) + 0.08
            part, x, y = canvas.near(place, foot - half, 0.5, 0.6)
            kinds = facts["house_kinds"][:, k]
            wall = np.array(WALLS, "float32")[kinds % 4]
            roof = np.array(ROOFS, "float32")[kinds % 3]
            body = box(x, y, half, 0.85 * half)
            part.paint(part.cover(body), wall, there)
            side = np.maximum(body, column(0.35 * half) - x)
            part.paint(part.cover(side), wall * 0.86, there)
            corners = [(0 * half, -1.9 * half), (1.25 * half, -0.8 * half)]
            top = polygon(x, y, [*corners, (-1.25 * half, -0.8 * half)])
            part.paint(part.cover(top), roof, there)
            for a in (-0.45, 0.45):
                pane = box(
                    x - column(a * half),
                    y + column(0.2 * half),
                    0.2 * half,
                    0.22 * half,
                )
                part.paint(part.cover(pane), (86, 104, 126), there)
            door = box(
                x - column(0.02 * half),
                y - column(0.5 * half),
                0.17 * half,
                0.38 * half,
            )
            part.paint(part.cover(door), roof * 0.7, there)

    def _paint_trees(self, canvas, facts, line):
        for k in range(NUM_TREES):
            there = k < facts["num_trees"]
            place, size, deep, tone = facts["trees"][:, k].T
            place = 0.95 * place
            tall = 0.22 + 0.06 * size
            foot = _height(canvas, line, place) + 0.12 + 0.12 * deep
            part, x, y = canvas.near(place, foot - 1.2 * tall, 0.45, 0.75)
            kinds = facts["tree_kinds"][:, k]
            leaf = np.array(LEAVES, "float32")[kinds // 2] * (1 + 0.12 * tone[:, None])
            trunk = box(x, y - column(0.9 * tall), 0.09 * tall, 0.45 * tall)
            part.paint(part.cover(trunk), (96, 70, 50), there)
            fir, round_ = there & (kinds % 2 == 0), there & (kinds % 2 == 1)
            for step in range(3):
                low, wide = 0.75 - 0.5 * step, 0.72 - 0.16 * step
                corners = [(0 * tall, (low - 1.0) * tall), (wide * tall, low * tall)]
                cone = polygon(x, y, [*corners, (-wide * tall, low * tall)])
                part.paint(part.cover(cone), leaf * (0.86 + 0.08 * step), fir)
            for a, b, wide, light in ((0, 0, 0.75, 0.9), (-0.25, -0.2, 0.45, 1.06)):
                crown = ellipse(x - column(a * tall), y - column(b * tall), wide * tall)
                part.paint(part.cover(crown, 0.03), leaf * light, round_)


class RainySource(LandscapesSource):
    """Source of the same landscapes in the rain."""

    def render(self, facts):
        canvas = self.paint(facts)
        dense, slant, long = facts["rain"].T
        grey = canvas.planes.mean(axis=0)
        for plane, haze in zip(canvas.planes, (168, 176, 186), strict=True):
            plane += column(0.35 * dense) * (0.5 * (grey + haze) - plane)
        streaks = np.stack(
            [
                rain(self.image_size, *row)
                for row in zip(facts["drops"], dense, slant, long, strict=True)
            ]
        )
        canvas.paint(np.clip(streaks, 0, 1), (232, 236, 242), 0.75)
        return canvas.pixels()


def rain(image_size, seed, density, slant, length):
    """Returns how much of each pixel is a streak of rain, float32 `(height, width)`.

    Args:
        image_size: tuple `(height, width)`.
        seed: int. Of where the drops are.
        density: float, of 1 for heavy rain.
        slant: float. Pixels to the right for each pixel down.
        length: float. Of streaks, in eighths of the shorter side.
    """
    height, width = image_size
    reach = max(2, int(round(length * min(image_size) / 8)))
    margin = int(np.ceil(abs(slant) * (height + reach))) + 2
    generator = np.random.default_rng(int(seed))
    shape = height + reach, width + 2 * margin
    scale = 64 / min(image_size)
    drops = generator.random(shape) < 0.015 * density * scale
    drops = drops * generator.uniform(0.35, 1.0, shape)
    sheet = np.zeros((height, width + 2 * margin))
    for step in range(reach):  # straight down, faint at both ends
        weight = np.sin(np.pi * (step + 1) / (reach + 1))
        sheet = np.maximum(sheet, weight * drops[step : step + height])
    places = np.arange(width) + margin - slant * np.arange(height)[:, None]
    left = np.floor(places).astype(int)
    share = places - left
    rows = np.arange(height)[:, None]
    found = (1 - share) * sheet[rows, left] + share * sheet[rows, left + 1]
    return found.astype("float32")


def _height(canvas, line, place):
    """Returns the height of a line `(n, 1, width)` at a place of each picture."""
    columns = np.abs(canvas.x[0, 0] - np.reshape(place, (-1, 1))).argmin(axis=1)
    return line[np.arange(len(line)), 0, columns]
