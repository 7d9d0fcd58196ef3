"""Pixels of images at places that differ from image to image.

All of it is linear in the images and made of gathers, whose gradients are right on
every backend, those of the second order too.
"""

from keras import ops


def gather_pixels(images, rows, columns):
    """Returns the pixels of each image at whole places.

    Args:
        images: tensor `(batch, height, width, channels)`, the last three known.
        rows: int tensor that broadcasts with `columns` to `(batch, new_height,
            new_width)`, in `[0, height)`.
        columns: int tensor, in `[0, width)`.

    Returns:
        `(batch, new_height, new_width, channels)`.
    """
    batch = ops.shape(images)[0]
    height, width, channels = images.shape[1:]
    first = ops.arange(batch, dtype="int32")[:, None, None] * (height * width)
    places = first + ops.cast(rows, "int32") * width + ops.cast(columns, "int32")
    # Not along the first axis, whose gradient is sparse on TensorFlow.
    flat = ops.reshape(images, (1, batch * height * width, channels))
    new_shape = (batch, *places.shape[1:], channels)
    return ops.reshape(ops.take(flat, ops.reshape(places, (-1,)), axis=1), new_shape)


def reflect(index, size):
    """Returns whole places with those outside reflected into `[0, size)`.

    The edge itself is not repeated, however far outside a place is.

    Args:
        index: int tensor.
        size: int.
    """
    last = size - 1
    if last == 0:
        return ops.zeros_like(index)
    return last - ops.abs(ops.mod(index, 2 * last) - last)


def sample_bilinear(images, rows, columns):
    """Returns the pixels of each image at any places, between four of them.

    Outside an image lies its reflection.

    Args:
        images: float tensor `(batch, height, width, channels)`, the last three known.
        rows: float tensor `(batch, new_height, new_width)`: 0 is the centre of the
            first row of pixels, `height - 1` that of the last.
        columns: the same of columns.

    Returns:
        `(batch, new_height, new_width, channels)`; at whole places the very pixels.
    """
    corners = [_corners(rows, images.shape[1]), _corners(columns, images.shape[2])]
    return sum(
        (row_weight * column_weight)[..., None] * gather_pixels(images, row, column)
        for row, row_weight in corners[0]
        for column, column_weight in corners[1]
    )


def _corners(places, size):
    """Returns the two whole places next to each, with their weights."""
    below = ops.floor(places)
    share = places - below
    index = ops.cast(below, "int32")
    return (reflect(index, size), 1.0 - share), (reflect(index + 1, size), share)


def affine_grid(matrix, height, width):
    """Returns where the pixels of new images come from, for `sample_bilinear`.

    Args:
        matrix: float tensor `(batch, 3, 3)`. Takes `(x, y, 1)` of a new pixel to that
            of the old one, in pixels from the centre, `x` to the right and `y` down.
        height: int. Rows of the images, old and new.
        width: int.

    Returns:
        Rows and columns, `(batch, height, width)` each.
    """
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    y = ops.arange(height, dtype="float32")[None, :, None] - middle_row
    x = ops.arange(width, dtype="float32")[None, None, :] - middle_column
    # Written out, as a product of matrices may round to the ten bits of TF32.
    m = matrix[:, :, :, None, None]
    columns = m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2] + middle_column
    rows = m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2] + middle_row
    return rows, columns
