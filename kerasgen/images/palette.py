"""Colours that tell numbers apart, the same ones everywhere."""

import colorsys

import numpy as np

_FIRST = (  # after Okabe and Ito, which people with colour blindness tell apart too
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (213, 94, 0),
    (0, 114, 178),
    (204, 121, 167),
    (240, 228, 66),
    (120, 86, 60),
)
PAPER = (243, 243, 240)  # of what is drawn on, on a white page
_GOLDEN = 0.618034


def colors(count, background=None):
    """Returns distinct colours, float32 `(count, 3)` in `[0, 1]`.

    The first ones do not depend on `count`.

    Args:
        count: int.
        background: RGB in 0..255 of number 0, before the others, or None.
    """
    found = [] if background is None else [background]
    found += _FIRST[: max(0, count - len(found))]
    for i in range(count - len(found)):
        value = (0.95, 0.65, 0.8)[i % 3]
        rgb = colorsys.hsv_to_rgb(
            (0.05 + i * _GOLDEN) % 1.0, 0.75 - 0.1 * (i % 2), value
        )
        found.append([255 * part for part in rgb])
    return np.array(found[:count], "float32") / np.float32(255)
