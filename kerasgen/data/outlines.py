"""Filled and outlined shapes: two domains without pairs, with known counterparts."""

from kerasgen.data.content import Content
from kerasgen.data.drawn import check_drawn
from kerasgen.data.joined import Unpaired
from kerasgen.data.shapes import ShapesSource

INNER = 0.62  # what is left open, as a share of the radius


def load_outlines(split, seed, image_size, *, num_examples=2000):
    """Draws coloured shapes, filled (`a`) and outlined (`b`), without pairs.

    Every image is a pure function of (seed, split, domain, index), `uint8` of shape
    `(height, width, 3)`. No shape of one domain is in the other. `dataset.counterparts`
    holds what nothing learns from: under `"a"` the source of `a`'s shapes outlined,
    under `"b"` that of `b`'s shapes filled.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(height, width)`, or None for 32x32. At least 16.
        num_examples: int. Images of each domain. Defaults to `2000`.
    """
    stream, image_size = check_drawn(split, num_examples, image_size, 32, 16)
    stream = 2 * stream
    filled, outlined = (
        [kind(num_examples, image_size, seed, stream + i) for i in (0, 1)]
        for kind in (ShapesSource, OutlinesSource)
    )
    return Content(
        Unpaired({"a": filled[0], "b": outlined[1]}),
        attributes={"counterparts": {"a": outlined[0], "b": filled[1]}},
    )


class OutlinesSource(ShapesSource):
    """The shapes of `ShapesSource`, open in their middle; arguments as there."""

    def _cover(self, facts):
        inner = super()._cover({**facts, "radius": facts["radius"] * INNER})
        return super()._cover(facts) - inner
