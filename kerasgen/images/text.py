"""Text on pictures: one font, readable sizes, the same pixels on every machine."""

import functools
from pathlib import Path

LONGEST = 400  # characters of a label that are looked at


@functools.cache
def font(size):
    """Returns DejaVu Sans, which comes with matplotlib, in a size in pixels."""
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def line_height(size):
    """Returns the height of a line of text in pixels."""
    return sum(font(size).getmetrics()) + 2


def text_width(text, size):
    """Returns the width of one line of text in pixels."""
    return int(font(size).getlength(text) + 0.999)


def widest(texts, size):
    """Returns the width of the widest of some lines, 0 without any."""
    return max((text_width(text, size) for text in set(texts)), default=0)


def shorten(text, size, width):
    """Returns the text, or its beginning and an ellipsis, within `width` pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…" if text else ""


def wrap(text, size, width):
    """Returns the lines of a text, each within `width` pixels."""
    lines = []
    for paragraph in str(text).splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return [shorten(line[:LONGEST], size, width) for line in lines]


def as_label(value):
    """Returns a str, int or float as one line of text."""
    if not isinstance(value, str):
        number = float(value)
        value = f"{number:.3g}" if number % 1 else f"{int(number)}"
    return " ".join(value.split())[:LONGEST]


def class_texts(labels, class_names=None):
    """Returns the names of classes, or their numbers where they have no names.

    Args:
        labels: ints, of which -1 stands for none; a str stays what it is.
        class_names: sequence of str, or None.
    """
    names = () if class_names is None else class_names
    return [
        as_label(label)
        if isinstance(label, str)
        else "none"
        if label < 0
        else as_label(names[label] if label < len(names) else label)
        for label in labels
    ]
