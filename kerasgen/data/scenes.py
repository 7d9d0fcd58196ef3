"""Scenes of several shapes: a caption, boxes, keypoints and a map of each are known."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.data.content import Content
from kerasgen.data.drawing import Canvas, box, column, ellipse, polygon, star, turned
from kerasgen.data.drawn import DrawnSource, FactSource, check_drawn, check_labels
from kerasgen.data.shapes import COLORS, KINDS
from kerasgen.features import Boxes, Fields, Image, Keypoints, LabelMap, Text

SIZES = ("small", "large")
POINTS = ("centre", "top", "right", "bottom", "left")  # of the first shape
MAP_NAMES = ("wall", "floor", *KINDS)
ROWS = ("top", "", "bottom")
COLUMNS = ("left", "", "right")
WORDS = ("a", "and", "at", "in", "the", "centre", ",", *filter(None, ROWS + COLUMNS))
VOCABULARY = ("", "<unknown>", *WORDS, *SIZES, *COLORS, *KINDS)
TOKENS = 9  # of a shape and the comma behind it, at most
LABELS = ("caption", "boxes", "map", "keypoints")
RADII = ((0.19, 0.24), (0.32, 0.40))  # of small and of large shapes
WALLS = ((222, 226, 240), (240, 228, 214), (218, 236, 224), (238, 220, 228))
FLOORS = ((196, 178, 158), (170, 180, 190), (186, 190, 160))


def load_scenes(split, seed, image_size, labels, *, num_examples=5000, max_objects=3):
    """Draws one to three shapes in a room, `uint8` of shape `(n, height, width, 3)`.

    Every image is a pure function of (seed, split, index). Shapes do not touch. What
    `labels` names is a `kerasgen.features` each, kept as `dataset.fields.y`;
    `dataset.source.facts(indices)` tells all that a picture is drawn from.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(height, width)`, or None for 64x64. At least 32.
        labels: False; `"caption"`, a `Text` such as `"a large red star at the top
            left"`; `"boxes"`, `Boxes` with the kinds as classes, in the order of the
            caption; `"map"`, a `LabelMap`; `"keypoints"`, `Keypoints`
            of the first shape: its centre and the four ends of its own axes; several
            of these in a list, given as a dict; or True for all.
        num_examples: int. Defaults to `5000`.
        max_objects: int, 1 to 3. Shapes of a scene at most. Defaults to `3`.
    """
    stream, image_size = check_drawn(split, num_examples, image_size, 64, 32)
    names = check_labels(labels, LABELS)
    check_int("max_objects", max_objects, 1, 3)
    source = ScenesSource(num_examples, image_size, seed, stream, max_objects)
    kinds = {
        "caption": Text(TOKENS * max_objects - 1, VOCABULARY),
        "boxes": Boxes(max_objects, len(KINDS), KINDS),
        "map": LabelMap(image_size, len(MAP_NAMES), MAP_NAMES),
        "keypoints": Keypoints(POINTS),
    }
    found = {
        "caption": lambda facts: kinds["caption"].encode(captions(facts)),
        "boxes": lambda facts: boxes(facts, image_size),
        "map": source.maps,
        "keypoints": lambda facts: keypoints(facts, image_size),
    }
    x = Image((*image_size, 3))
    if not names:
        return Content(source)
    sources = {name: FactSource(source, found[name]) for name in names}
    if isinstance(labels, str):
        return Content(source, sources[labels], field=Fields(x, kinds[labels]))
    fields = Fields(x, {name: kinds[name] for name in names})
    return Content(source, sources, field=fields)


class ScenesSource(DrawnSource):
    """Source of scenes; arguments as in `DrawnSource`, and `max_objects`.

    The facts of a scene are `"count"`, and of each shape, in rows of which those behind
    `count` are 0: `"kind"`, `"color"`, `"size"`, int32, to be looked up in `KINDS`,
    `COLORS`, `SIZES`; `"center"` `(x, y)` and `"radius"` in units of half of the
    shorter side, `"angle"` in radians; and `"wall"`, `"floor"`, `"horizon"`, `"light"`.
    """

    def __init__(self, num_examples, image_size, seed=0, stream=0, max_objects=3):
        super().__init__(num_examples, image_size, seed, stream)
        self.max_objects = max_objects

    def draw_facts(self, generator):
        rows = self.max_objects
        count = int(generator.integers(1, rows + 1))
        size = generator.integers(0, 2, rows)
        low, high = np.array(RADII)[size].T
        radius = low + (high - low) * generator.random(rows)
        center, count = self._places(generator, radius, count)
        held = np.arange(rows) < count
        return {
            "count": np.int32(count),
            "kind": (generator.integers(0, len(KINDS), rows) * held).astype("int32"),
            "color": (generator.integers(0, len(COLORS), rows) * held).astype("int32"),
            "size": (size * held).astype("int32"),
            "center": center * held[:, None],
            "radius": radius * held,
            "angle": generator.uniform(-0.4, 0.4, rows) * held,
            "wall": np.int32(generator.integers(len(WALLS))),
            "floor": np.int32(generator.integers(len(FLOORS))),
            "horizon": generator.uniform(0.15, 0.45),
            "light": generator.uniform(-1, 1),
        }

    def _places(self, generator, radius, count):
        """Returns the centres of shapes that do not touch, and how many found one."""
        height, width = self.image_size
        ends = np.array([width, height]) / min(self.image_size)
        center = np.zeros((len(radius), 2))
        for i in range(count):
            for _ in range(60):
                spare = ends - radius[i] - 0.04
                place = generator.uniform(-spare, spare)
                gaps = np.hypot(*(center[:i] - place).T) - radius[:i] - radius[i]
                if (gaps > 0.06).all():
                    center[i] = place
                    break
            else:
                return center, i
        return center, count

    def render(self, facts):
        count = len(facts["count"])
        canvas = Canvas(count, self.image_size)
        x, y = canvas.x, canvas.y
        wall = np.array(WALLS, "float32")[facts["wall"]]
        floor = np.array(FLOORS, "float32")[facts["floor"]]
        fade = 1.04 - 0.10 * (y + 1) / 2 - 0.05 * column(facts["light"]) * x
        canvas.paint(np.ones_like(fade), wall[:, None, None] * fade[..., None])
        below = column(facts["horizon"]) - y
        depth = 0.9 + 0.16 * np.clip(-below, 0, 1) - 0.04 * column(facts["light"]) * x
        canvas.paint(canvas.cover(below), floor[:, None, None] * depth[..., None])
        canvas.paint(canvas.cover(np.abs(below) - 0.02), wall * 0.8, 0.8)
        for k in range(self.max_objects):
            self._paint_shape(canvas, facts, k)
        return canvas.pixels()

    def _paint_shape(self, canvas, facts, k):
        there = (k < facts["count"]).astype("float32")
        radius, light = np.maximum(facts["radius"][:, k], 1e-3), facts["light"]
        shift = np.stack([-0.22 * light * radius, 0.2 * radius], axis=1)
        shadow = distances(canvas, facts, k, shift)
        canvas.paint(canvas.cover(shadow, 0.14), (60, 60, 70), 0.28 * there)
        away = distances(canvas, facts, k)
        color = np.array(list(COLORS.values()), "float32")[facts["color"][:, k]]
        cover = canvas.cover(away)
        canvas.paint(cover, color * 0.72, there)
        x, y = (
            (canvas.x - column(facts["center"][:, k, 0])) / column(radius),
            (canvas.y - column(facts["center"][:, k, 1])) / column(radius),
        )
        shade = np.clip(1.06 + 0.16 * (column(light) * x - y), 0.8, 1.4)
        inner = canvas.cover(away + 0.05 * column(radius) + canvas.pixel * 0.5)
        lit = color[:, None, None] * shade[..., None]
        lit += 26 * np.clip(shade - 1.1, 0, 1)[..., None] * 4
        canvas.paint(inner, np.clip(lit, 0, 255), there)

    def maps(self, facts):
        """Returns the class of each pixel, int32 `(n, height, width)`."""
        canvas = Canvas(len(facts["count"]), self.image_size)
        maps = (canvas.y > column(facts["horizon"])).astype("int32")
        maps = np.repeat(maps, self.image_size[1], axis=2)
        for k in range(self.max_objects):
            inside = distances(canvas, facts, k) < 0
            inside &= (k < facts["count"])[:, None, None]
            maps = np.where(inside, facts["kind"][:, k, None, None] + 2, maps)
        return maps.astype("int32")


def distances(canvas, facts, k, shift=None):
    """Returns the distances from the k-th shape of each scene, `(n, height, width)`."""
    center = facts["center"][:, k] if shift is None else facts["center"][:, k] + shift
    x, y = (canvas.x - column(center[:, 0])), (canvas.y - column(center[:, 1]))
    x, y = turned(x, y, facts["angle"][:, k])
    found = np.empty((len(center), *canvas.planes.shape[2:]), "float32")
    for kind, function in enumerate(_DISTANCES):
        chosen = facts["kind"][:, k] == kind
        if chosen.any():
            radius = np.maximum(facts["radius"][chosen, k], 1e-3)
            found[chosen] = function(x[chosen], y[chosen], radius)
    return found


def captions(facts):
    """Returns a sentence of each scene; shapes are told in the order of their rows."""
    colors, sentences = list(COLORS), []
    for i, count in enumerate(facts["count"]):
        parts = []
        for k in range(count):
            words = (SIZES, facts["size"]), (colors, facts["color"])
            words += ((KINDS, facts["kind"]),)
            what = " ".join(names[values[i, k]] for names, values in words)
            parts.append(f"a {what} {_where(facts['center'][i, k])}")
        ends = [" , ".join(parts[:-1]), parts[-1]]
        sentences.append(" and ".join(filter(None, ends)))
    return sentences


def _where(center):
    column_, row = (int(np.digitize(value, (-0.33, 0.33))) for value in center)
    place = f"{ROWS[row]} {COLUMNS[column_]}".strip()
    return f"at the {place}" if place else "in the centre"


def boxes(facts, image_size):
    """Returns the boxes around the shapes, `(n, shapes, 6)`, see `Boxes`."""
    half = np.array(image_size) / min(image_size)
    outline = [_OUTLINES[kind] for kind in range(len(KINDS))]
    found = np.zeros((*facts["kind"].shape, 6), "float32")
    for i, count in enumerate(facts["count"]):
        for k in range(count):
            points = _placed(outline[facts["kind"][i, k]], facts, i, k)
            ends = np.concatenate([points.min(axis=0), points.max(axis=0)])
            sides = np.clip((ends / np.tile(half, 2) + 1) / 2, 0, 1)
            found[i, k] = [*sides, 1, facts["kind"][i, k]]
    return found


def keypoints(facts, image_size):
    """Returns the points of the first shape of each scene, see `Keypoints`."""
    half = np.array(image_size) / min(image_size)
    found = np.ones((len(facts["count"]), len(POINTS), 3), "float32")
    for i, kind in enumerate(facts["kind"][:, 0]):
        outline = _OUTLINES[kind]
        ends = [np.argmin(outline[:, 1]), np.argmax(outline[:, 0])]
        ends += [np.argmax(outline[:, 1]), np.argmin(outline[:, 0])]
        points = np.concatenate([np.zeros((1, 2)), outline[ends]])
        found[i, :, :2] = (_placed(points, facts, i, 0) / half + 1) / 2
    return found


def _placed(points, facts, i, k):
    """Returns points of a shape's own frame, `(x, y)`, in the picture, as `(y, x)`."""
    angle, radius = facts["angle"][i, k], facts["radius"][i, k]
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (radius * points @ turn + facts["center"][i, k])[:, ::-1]


def _cross(x, y, radius):
    beam = box(x, y, radius, 0.32 * radius), box(x, y, 0.32 * radius, radius)
    return np.minimum(*beam)


def _triangle(x, y, radius):
    corners = [(0.0 * radius, -radius), (0.92 * radius, 0.72 * radius)]
    return polygon(x, y, [*corners, (-0.92 * radius, 0.72 * radius)])


_DISTANCES = (
    ellipse,
    lambda x, y, radius: box(x, y, 0.8 * radius, 0.8 * radius),
    _triangle,
    star,
    _cross,
)
_ROUND = np.linspace(0, 2 * np.pi, 181)
_ANGLES = np.linspace(0, 2 * np.pi, 11)[:-1]
_TIPS = np.where(np.arange(10) % 2, 0.45, 1.0)
_BEAM = np.array([(1, 0.32), (1, -0.32), (-1, 0.32), (-1, -0.32)])
_OUTLINES = (  # points (x, y) on each shape's outline, its corners among them
    np.stack([np.sin(_ROUND), np.cos(_ROUND)], axis=1),
    np.array([(0.8, -0.8), (0.8, 0.8), (-0.8, 0.8), (-0.8, -0.8)]),
    np.array([(0.0, -1.0), (0.92, 0.72), (-0.92, 0.72)]),
    np.stack([_TIPS * np.sin(_ANGLES), -_TIPS * np.cos(_ANGLES)], axis=1),
    np.concatenate([_BEAM, _BEAM[:, ::-1]]),
)
