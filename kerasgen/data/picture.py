"""`show`: images as one picture, which a notebook displays and `save` writes."""

import numpy as np

from kerasgen import features
from kerasgen.data.dataset import Dataset
from kerasgen.features import Fields, pictures
from kerasgen.images import history_figure, labeled_grid, png_bytes, points_figure
from kerasgen.images.picture_files import save_image
from kerasgen.images.values import to_numpy


class Picture:
    """A picture that displays itself in a notebook.

    Args:
        pixels: `uint8` image `(height, width, channels)`.
        content: str, what it shows, for the text in place of it.
    """

    def __init__(self, pixels, content="a picture"):
        self.pixels = pixels
        self.content = content

    def save(self, path):
        """Writes the picture to a PNG or JPEG file, by the ending of its name."""
        save_image(path, self.pixels)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.pixels, dtype, copy=copy is not False)

    def __repr__(self):
        height, width = self.pixels.shape[:2]
        return f"Picture({self.content}, {width}x{height} pixels)"

    def _repr_png_(self):
        return png_bytes(self.pixels)


def show(
    images,
    labels=None,
    columns=None,
    title=None,
    row_labels=None,
    column_labels=None,
    class_names=None,
    outline=None,
    field=None,
):
    """Makes one picture of images, enlarged, with a title and labels.

    In a notebook it is displayed where it is the last value of a cell; elsewhere,
    `kerasgen.show(...).save("picture.png")`.

    Args:
        images: images `(n, height, width, channels)`, or grey images `(n, height,
            width)`; or in rows and columns, `(rows, columns, height, width,
            channels)`; or one image of 1 or 3 channels. Floats in `[0, 1]` or `uint8`.
            Of 2 channels the first one is drawn, of more than 3 the first three.
            Points `(n, 2)` become a scatter plot. Of a `kerasgen.data.Dataset`, 32
            examples from all over it are shown with their labels, or 1000 points. Data
            of other kinds, such as videos and volumes, where `field` says their kind.
            The history that `fit` returns becomes curves, a panel for each player.
        labels: ints or str, the class of each image. A class stands above its image,
            or once above a column that has just one.
        columns: int, images in a row. Defaults to a nearly square grid.
        title: str, above all.
        row_labels, column_labels: str or number for each row, each column.
        class_names: sequence of str, the names of integer labels.
        outline: bool array `(height, width)`, or one for each image, `(n, height,
            width)`: a coloured line is drawn around its true pixels.
        field: `kerasgen.features.Feature` such as `Video` or `Volume`, or a model's
            `fields`: what is shown of examples of that kind. None for images, points
            and data sets, which know their own.

    Returns:
        `Picture`, with `save(path)` and the `uint8` array `pixels`.

    Example:
    >>> import kerasgen
    >>> x, y = kerasgen.data.load("digits", "test", labels=True).spread(20)
    >>> kerasgen.show(x, y, title="Test digits")
    Picture(20 images 8x8x1, 672x641 pixels)
    """
    if isinstance(images, Dataset):
        title = repr(images) if title is None else title
        names = images.class_names if class_names is None else class_names
        points = isinstance(images.data_shape, tuple) and len(images.data_shape) == 1
        x, y = images.spread(1000 if points else 32)
        if labels is None and not points and np.ndim(y) == 1:
            labels = y
        x = pictures(images.fields, x)
        return show(
            x, labels, columns, title, row_labels, column_labels, names, outline
        )
    if isinstance(getattr(images, "history", None), dict):
        return _show_history(images.history, title, labels=labels, columns=columns)
    if field is not None:
        images = _drawn(images, field)
    x = to_numpy(images)
    if x.ndim == 2 and x.shape[1] == 2 and x.dtype.kind == "f":
        return _show_points(
            x, title, labels=labels, row_labels=row_labels, column_labels=column_labels
        )
    if x.ndim == 5:
        columns = x.shape[1] if columns is None else columns
        x = x.reshape(-1, *x.shape[2:])
    elif x.ndim == 2 or (x.ndim == 3 and x.shape[-1] in (1, 3)):
        x = x[None]
    pixels = labeled_grid(
        x, labels, columns, title, row_labels, column_labels, class_names, outline
    )
    size = "x".join(map(str, x.shape[1:]))
    return Picture(pixels, f"{len(x)} image{'s' * (len(x) > 1)} {size}")


def _drawn(x, field):
    """Returns examples of any kind as images, or as points."""
    fields = field if isinstance(field, Fields) else Fields(x=field)
    return pictures(fields, features.check(fields.x, x, "images"))


def _show_history(history, title, **given):
    _check_none("a history", given)
    count = max(map(len, history.values()), default=0)
    return Picture(history_figure(history, title), f"a history of {count} epochs")


def _check_none(kind, given):
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"`{name}` must be None for {kind}. Received: {value!r}")


def _show_points(points, title, **given):
    _check_none("points", given)
    return Picture(points_figure(points, title=title), f"{len(points)} points")
