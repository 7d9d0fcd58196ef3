"""Handwritten digits and negatives of others: two domains without pairs."""

from kerasgen.data.content import Content
from kerasgen.data.digits import load_digits
from kerasgen.data.joined import Unpaired


def load_negatives(split, image_size):
    """Loads scikit-learn's digits, every second one (`a`), and the others' negatives.

    `uint8` of shape `(n, height, width, 1)`; no digit is in both domains.
    `dataset.counterparts` holds what nothing learns from: the negatives of `a` under
    `"a"`, and the digits that `b` was made of under `"b"`.

    Args:
        split: `"train"` (750 of each domain), `"test"` or `"all"`.
        image_size: `(height, width)`, or None for 8x8.
    """
    images = load_digits(split, image_size, False).images
    a, b = images[::2], images[1::2]
    return Content(
        Unpaired({"a": a, "b": 255 - b}),
        attributes={"counterparts": {"a": 255 - a, "b": b}},
    )
