"""Furniture as volumes, built on the fly: kinds and proportions are known."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content
from kerasgen.data.drawn import SPLITS, DrawnSource, FactSource
from kerasgen.features import Volume

KINDS = ("chair", "table", "lamp", "sofa", "bed", "shelf")
VARIANTS = {
    "chair": ("plain", "with arms"),
    "table": ("square", "round"),
    "lamp": ("cylinder", "cone"),
    "sofa": ("straight", "corner"),
    "bed": ("plain", "with footboard"),
    "shelf": ("with back", "open"),
}
NUM_PROPORTIONS = 6


def load_voxels(split, seed, image_size, labels, *, num_examples=6000, kinds=KINDS):
    """Builds a piece of furniture a volume, `uint8` 0 or 1, `(n, side, side, side)`.

    Every volume is a pure function of (seed, split, index): a kind, a variant of it and
    random proportions. All stand on the floor, in the middle, and face the viewer.
    `dataset.source.attributes(indices)` tells what they are.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(side, side)`, or None for 16. At least 16.
        labels: False, or True for the kind.
        num_examples: int. Defaults to `6000`.
        kinds: str or tuple of str, those that are built, of `"chair"`, `"table"`,
            `"lamp"`, `"sofa"`, `"bed"` and `"shelf"`. Defaults to all.
    """
    check_choice("split", split, SPLITS)
    check_choice("labels", labels, (False, True))
    check_int("num_examples", num_examples)
    height, width = image_size or (16, 16)
    if height != width or height < 16:
        raise ValueError(
            "`image_size` must be one side of at least 16. "
            f"Received: image_size={image_size}"
        )
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    for kind in kinds:
        check_choice("kinds", kind, KINDS)
    if not kinds or len(set(kinds)) < len(kinds):
        raise ValueError(f"`kinds` must be different kinds. Received: kinds={kinds}")
    source = VoxelsSource(num_examples, height, seed, SPLITS.index(split), kinds)
    content = Content(source, field=Volume(height))
    if labels:
        content.labels = FactSource(source, lambda facts: facts["kind"])
        content.class_names = kinds
    return content


class VoxelsSource(DrawnSource):
    """Source of furniture.

    Args:
        num_examples: int.
        side: int. Cells of a side.
        seed: int.
        stream: int. Number of the split.
        kinds: tuple of str.
    """

    def __init__(self, num_examples, side=16, seed=0, stream=0, kinds=KINDS):
        super().__init__(num_examples, (side, side), seed, stream)
        self.side = side
        self.kinds = kinds

    def draw_facts(self, generator):
        return {
            "kind": np.int32(generator.integers(len(self.kinds))),
            "variant": np.int32(generator.integers(2)),
            "proportions": generator.random(NUM_PROPORTIONS),
        }

    def render(self, facts):
        grids = np.zeros((len(facts["kind"]), *(self.side,) * 3), "uint8")
        for grid, kind, *plan in zip(grids, *facts.values(), strict=True):
            upwards = grid.transpose(0, 2, 1)[:, :, ::-1]  # depth, width, up
            _BUILD[self.kinds[kind]](_Workshop(upwards), *plan)
        return grids

    def attributes(self, indices):
        """Returns what is known about some volumes.

        Returns:
            dict with `"kind"`, int32 `(n,)`, to be looked up in `kinds`; `"variant"`,
            int32 `(n,)`, in `VARIANTS[kind]`; and `"proportions"`, float32 `(n, 6)` in
            `[0, 1]`: between the least and the most, the width, depth and height of the
            whole, the height of its seat, board, shade or mattress, and what else the
            kind has: the thickness of legs and the number of boards among it.
        """
        return self.facts(indices)


class _Workshop:
    """Fills the cells of a grid `(depth, width, up)`, lengths being shares of a side.

    Args:
        grid: array, which it changes.
    """

    def __init__(self, grid):
        self.grid = grid
        self.side = len(grid)

    def cells(self, least, most, share):
        """Returns a length in cells, at least 1: `share` of the way to the most."""
        length = least + (most - least) * float(share)
        return max(1, int(np.floor(length * self.side + 0.5)))

    def middle(self, length):
        """Returns the ends of so many cells in the middle of a side."""
        start = (self.side - length) // 2
        return start, start + length

    def box(self, depth, width, up):
        """Fills a box, given the ends of its sides, the latter left out."""
        self.grid[tuple(slice(*ends) for ends in (depth, width, up))] = 1

    def legs(self, depth, width, up, thickness):
        """Fills four posts in the corners of a rectangle."""
        for front in (
            (depth[0], depth[0] + thickness),
            (depth[1] - thickness, depth[1]),
        ):
            self.box(front, (width[0], width[0] + thickness), up)
            self.box(front, (width[1] - thickness, width[1]), up)

    def discs(self, depth, width, up, least=1.0):
        """Fills ellipses, one above the other.

        Args:
            depth, width: their diameters, in cells.
            up: ends of their heights.
            least: the highest one's size, as a share of the lowest one's.
        """
        places = np.arange(self.side) + 0.5 - self.side / 2
        for level in range(*up):
            share = 1 + (least - 1) * (level - up[0]) / max(1, up[1] - up[0] - 1)
            shape = (2 * places[:, None] / depth) ** 2 + (2 * places / width) ** 2
            self.grid[shape <= max(share, 1.6 / min(depth, width)) ** 2, level] = 1


def _chair(shop, variant, p):
    width, depth = (shop.middle(shop.cells(0.4, 0.7, p[i])) for i in (0, 1))
    top, seat = shop.cells(0.75, 1.0, p[2]), shop.cells(0.3, 0.45, p[3])
    thin, leg = shop.cells(0.06, 0.06, 0), shop.cells(0.06, 0.13, p[4])
    shop.legs(depth, width, (0, seat), leg)
    shop.box(depth, width, (seat, seat + thin))
    shop.box((depth[1] - thin, depth[1]), width, (seat, top))
    if variant:
        arm = (seat, seat + shop.cells(0.12, 0.22, p[5]))
        shop.box(depth, (width[0], width[0] + thin), arm)
        shop.box(depth, (width[1] - thin, width[1]), arm)


def _table(shop, variant, p):
    long, short = shop.cells(0.65, 1.0, p[0]), shop.cells(0.5, 0.85, p[1])
    top, thick = shop.cells(0.35, 0.65, p[2]), shop.cells(0.06, 0.13, p[3])
    board, leg = (top - thick, top), shop.cells(0.06, 0.13, p[4])
    if variant:
        foot = shop.cells(0.25, 0.45, p[5])
        shop.discs(short, long, board)
        shop.discs(2 * leg, 2 * leg, (0, top))
        shop.discs(foot, foot, (0, shop.cells(0.06, 0.06, 0)))
    else:
        width, depth = shop.middle(long), shop.middle(short)
        shop.box(depth, width, board)
        shop.legs(depth, width, (0, top), leg)


def _lamp(shop, variant, p):
    shade, foot = shop.cells(0.4, 0.8, p[0]), shop.cells(0.25, 0.5, p[1])
    top, low = shop.cells(0.75, 1.0, p[2]), shop.cells(0.4, 0.6, p[3])
    stem = 2 * shop.cells(0.06, 0.1, p[4])
    shop.discs(foot, foot, (0, shop.cells(0.06, 0.06, 0)))
    shop.discs(stem, stem, (0, top))
    shop.discs(shade, shade, (low, top), 0.25 + 0.3 * p[5] if variant else 1.0)


def _sofa(shop, variant, p):
    width = shop.middle(shop.cells(0.75, 1.0, p[0]))
    deep, top = shop.cells(0.4, 0.55, p[1]), shop.cells(0.5, 0.7, p[2])
    seat, soft = shop.cells(0.2, 0.32, p[3]), shop.cells(0.1, 0.16, p[4])
    arm = shop.cells(0.32, 0.45, p[5])
    long = shop.cells(0.75, 0.9, p[1])
    depth = shop.middle(long if variant else deep)
    front = depth[1] - deep
    shop.box((front, depth[1]), width, (0, seat))
    shop.box((depth[1] - soft, depth[1]), width, (0, top))
    shop.box((front, depth[1]), (width[1] - soft, width[1]), (0, arm))
    if variant:
        shop.box(depth, (width[0], width[0] + (width[1] - width[0]) // 3), (0, seat))
    else:
        shop.box(depth, (width[0], width[0] + soft), (0, arm))


def _bed(shop, variant, p):
    width = shop.middle(shop.cells(0.5, 0.8, p[0]))
    depth = shop.middle(shop.cells(0.8, 1.0, p[1]))
    head, top = shop.cells(0.45, 0.65, p[2]), shop.cells(0.22, 0.34, p[3])
    thin, leg = shop.cells(0.06, 0.06, 0), shop.cells(0.06, 0.13, p[4])
    shop.legs(depth, width, (0, leg), leg)
    shop.box(depth, width, (leg, top))
    shop.box((depth[1] - thin, depth[1]), width, (0, head))
    pillow = shop.cells(0.15, 0.25, p[5])
    inner = (width[0] + thin, width[1] - thin)
    shop.box((depth[1] - thin - pillow, depth[1] - thin), inner, (top, top + thin))
    if variant:
        shop.box((depth[0], depth[0] + thin), width, (0, top + thin))


def _shelf(shop, variant, p):
    width = shop.middle(shop.cells(0.45, 0.8, p[0]))
    depth = shop.middle(shop.cells(0.25, 0.4, p[1]))
    top, thin = shop.cells(0.75, 1.0, p[2]), shop.cells(0.06, 0.06, 0)
    for low in np.linspace(0, top - thin, 3 + int(3 * p[3])).round().astype(int):
        shop.box(depth, width, (low, low + thin))
    shop.box(depth, (width[0], width[0] + thin), (0, top))
    shop.box(depth, (width[1] - thin, width[1]), (0, top))
    if not variant:
        shop.box((depth[1] - thin, depth[1]), width, (0, top))


_BUILD = dict(zip(KINDS, (_chair, _table, _lamp, _sofa, _bed, _shelf), strict=True))
