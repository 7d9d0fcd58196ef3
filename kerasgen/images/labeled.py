"""Grids that say what they show: enlarged, with a title and labels."""

import math

import numpy as np

from kerasgen.images import text
from kerasgen.images.grids import check_batch, check_columns

SIDE, MOST = 512, 1280  # pixels of a grid's sides
NARROWEST = 480  # pixels, of a picture with a title
MARGIN, GAP = 8, 4
TITLE_SIZE, LABEL_SIZE = 16, 14
CAPTION_SIZES = (13, 12, 11, 10)
ROW_LABEL_WIDTH = 240
OUTLINE_COLOR, OUTLINE_WIDTH = (255, 127, 14), 2


def labeled_grid(
    images,
    labels=None,
    columns=None,
    title=None,
    row_labels=None,
    column_labels=None,
    class_names=None,
    outline=None,
):
    """Lays images out in rows and columns, enlarged, with what they are beside them.

    Images grow by a whole factor, pixel by pixel: the smallest that makes both sides
    of the grid at least 512 pixels long, or the largest that keeps the longer side
    within 1280.

    Args:
        images: Images `(n, height, width, channels)`, or grey images `(n, height,
            width)`; floats in [0, 1] or `uint8`. Of 2 channels the first one is drawn,
            of more than 3 the first three.
        labels: A string or an integer, the class, for each image. It stands above the
            image, or once above its column where that holds one class. An empty
            string is no label, -1 the class "none".
        columns: Integer, the number of images in a row. Defaults to the number
            that makes the grid most nearly square.
        title: String, in as many lines as it takes.
        row_labels, column_labels: A string or a number for each row, each column.
        class_names: Sequence of strings, the names of the classes.
        outline: Boolean array `(height, width)`, or one for each image,
            `(n, height, width)`. A coloured line is drawn around its true pixels.

    Returns:
        One `uint8` image `(height, width, channels)`. Cells without an image are
        white.
    """
    images = check_batch(images)
    n, height, width, channels = images.shape
    columns = check_columns(columns, n)
    rows = math.ceil(n / columns)
    if labels is not None:
        labels = text.class_texts(_check_count("labels", labels, n), class_names)
    row_labels = _texts("row_labels", row_labels, rows)
    column_labels = _texts("column_labels", column_labels, columns)
    if labels and not column_labels and _one_a_column(labels, columns):
        labels, column_labels = None, labels[:columns]
    captions = [*(labels or ()), *(column_labels or ())]
    wanted = text.widest(captions, CAPTION_SIZES[-1])
    factor = whole_factor(rows * height, columns * width, columns, wanted)
    height, width = height * factor, width * factor
    masks = None if outline is None else _check_outline(outline, images.shape)
    size = _caption_size(captions, width)
    beside = min(text.widest(row_labels or (), LABEL_SIZE), ROW_LABEL_WIDTH)
    left = MARGIN + (beside + MARGIN if beside else 0)
    places = [left + i * (width + GAP) for i in range(columns)]
    page = _Page(places[-1] + width + MARGIN)
    page.add_title(title)
    page.add_captions(column_labels, places, width, size)
    for row in range(rows):
        chosen = slice(row * columns, (row + 1) * columns)
        page.add_captions(labels and labels[chosen], places, width, size)
        if row_labels:
            label = text.shorten(row_labels[row], LABEL_SIZE, ROW_LABEL_WIDTH)
            middle = page.height + height // 2
            page.words.append((left - MARGIN, middle, "rm", LABEL_SIZE, label))
        for i, x in zip(range(n)[chosen], places, strict=False):
            tile, edge = _enlarge(images[i], factor), 0
            if masks is not None:
                edge = OUTLINE_WIDTH
                tile = _outlined(tile, _enlarge(masks[i], factor))
            page.tiles.append((x - edge, page.height - edge, tile))
        page.height += height + GAP
    return page.draw(3 if masks is not None else channels)


def whole_factor(height, width, columns=1, wanted=0):
    """Returns by how much a grid of `height` by `width` pixels is enlarged.

    Args:
        height, width: Integers, of the images in the grid.
        columns: Integer.
        wanted: Integer, pixels that the text above an image takes.
    """
    most = max(1, MOST // max(height, width))
    factor = min(math.ceil(SIDE / min(height, width)), most)
    return max(factor, min(math.ceil(wanted * columns / width), most))


class _Page:
    """What a picture holds, from the title downwards, before it is drawn."""

    def __init__(self, width):
        self.width = width
        self.height = MARGIN
        self.tiles = []  # (x, y, pixels)
        self.words = []  # (x, y, anchor, size, text)

    def add_title(self, title):
        if not title:
            return
        self.width = max(self.width, NARROWEST)
        for line in text.wrap(title, TITLE_SIZE, self.width - 2 * MARGIN):
            self.words.append((MARGIN, self.height, "la", TITLE_SIZE, line))
            self.height += text.line_height(TITLE_SIZE)
        self.height += GAP

    def add_captions(self, captions, places, width, size):
        """Adds a line of text above images, unless all of it is empty."""
        if not captions or not any(captions):
            return
        for x, caption in zip(places, captions, strict=False):
            caption = text.shorten(caption, size, width)
            self.words.append((x + width // 2, self.height, "ma", size, caption))
        self.height += text.line_height(size)

    def draw(self, channels):
        """Returns the picture."""
        from PIL import Image, ImageDraw

        shape = (self.height - GAP + MARGIN, self.width, channels)
        pixels = np.full(shape, 255, "uint8")
        for x, y, tile in self.tiles:
            pixels[y : y + len(tile), x : x + tile.shape[1]] = tile
        picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
        draw = ImageDraw.Draw(picture)
        for x, y, anchor, size, words in self.words:
            draw.text((x, y), words, "black", text.font(size), anchor)
        return np.asarray(picture).reshape(shape)


def _enlarge(pixels, factor):
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def _outlined(tile, mask):
    """Returns a tile with a line around the true pixels, and room for it outside."""
    ends = [(OUTLINE_WIDTH, OUTLINE_WIDTH)] * 2
    tile = np.pad(tile, [*ends, (0, 0)], constant_values=255)
    near = inside = np.pad(mask, ends)
    for axis in (0, 1):
        steps = range(-OUTLINE_WIDTH, OUTLINE_WIDTH + 1)
        near = np.logical_or.reduce([np.roll(near, step, axis) for step in steps])
    line = near & ~inside
    return np.where(line[..., None], np.uint8(OUTLINE_COLOR), tile)


def _caption_size(captions, width):
    """Returns the largest size of text at which all captions are within `width`."""
    for size in CAPTION_SIZES:
        if text.widest(captions, size) <= width:
            return size
    return CAPTION_SIZES[-1]


def _one_a_column(labels, columns):
    """Returns whether the images of every column have the same label."""
    return all(label == labels[i % columns] for i, label in enumerate(labels))


def _texts(name, values, count):
    if values is None:
        return None
    return [text.as_label(value) for value in _check_count(name, values, count)]


def _check_count(name, values, count):
    values = np.asarray(values)
    if values.shape != (count,) or values.dtype.kind not in "iufU":
        raise ValueError(
            f"`{name}` must be {count} strings or numbers. Received: {name} of shape "
            f"{values.shape}, dtype {values.dtype}"
        )
    return values.tolist()


def _check_outline(outline, shape):
    outline = np.asarray(outline)
    if outline.dtype != bool or outline.shape not in (shape[:3], shape[1:3]):
        raise ValueError(
            f"`outline` must be bools of shape {shape[1:3]} or {shape[:3]}. Received: "
            f"outline of shape {outline.shape}, dtype {outline.dtype}"
        )
    return np.broadcast_to(outline, shape[:3])
