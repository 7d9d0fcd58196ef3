"""Pictures of volumes: solids of small cubes, seen from the front, above and the right.

Parallel rays are followed from cell to cell to the first that is full (Amanatides and
Woo, 1987, "A Fast Voxel Traversal Algorithm for Ray Tracing"). Faces are lit by their
direction, and darker where full cells stand around them (ambient occlusion).
"""

import functools

import numpy as np

from kerasgen.images.values import as_float, to_numpy

SIDE = 96  # pixels of a picture
SUPERSAMPLING = 2
TURN, TILT = np.deg2rad(28.0), np.deg2rad(28.0)  # of the camera, to the right and up
# (depth, height, width) of the faces that are seen: the front, the top, the right.
LIGHT = np.float32([0.82, 1.0, 0.62])
LOW_COLOR = np.float32([0.20, 0.36, 0.66])
HIGH_COLOR = np.float32([0.62, 0.88, 0.76])
SHADOW = 0.55  # how much darker a face is where all cells around it are full


def volume_views(volumes, threshold=0.5, side=SIDE):
    """Draws volumes as solids, from blue at the bottom to a light green at the top.

    Depth goes away from the viewer, height downwards as the rows of an image do, width
    to the right.

    Args:
        volumes: Array `(n, depth, height, width)` of occupancies, or `bool`.
        threshold: Float. A cell is full where its value is at least this much. Cells
            that are NaN are drawn as NaN.
        side: Integer, pixels of a picture.

    Returns:
        float32 array `(n, side, side, 3)` in [0, 1], on white.
    """
    volumes = to_numpy(volumes)
    volumes = volumes.astype("float32") if volumes.dtype.kind in "iu" else volumes
    volumes = as_float(volumes)
    if volumes.ndim != 4 or 0 in volumes.shape:
        raise ValueError(
            "`volumes` must have the shape (n, depth, height, width) with n > 0. "
            f"Received: volumes of shape {volumes.shape}"
        )
    rays = _rays(volumes.shape[1:], side)
    return np.stack([_view(volume, threshold, side, *rays) for volume in volumes])


def _view(volume, threshold, side, cells, faces):
    """Returns the picture of one volume, given what `_rays` returned."""
    missing = np.isnan(volume)
    full = missing | (volume >= threshold)
    # One more cell, which is empty, stands for all that lie outside.
    hit = np.append(full.ravel(), False)[cells]
    first = hit.argmax(axis=1)
    rows = np.arange(len(cells))
    found, cell, face = hit[rows, first], cells[rows, first], faces[rows, first]
    colors = np.ones((len(cells), 3), "float32")
    cell, face = cell[found], face[found]
    height = 1 - np.unravel_index(cell, volume.shape)[1] / max(1, volume.shape[1] - 1)
    shade = LIGHT[face] * (1 - SHADOW * _crowding(full)[face, cell])
    base = LOW_COLOR + (HIGH_COLOR - LOW_COLOR) * height.astype("float32")[:, None]
    colors[found] = base * shade[:, None]
    colors[found] = np.where(missing.ravel()[cell, None], np.nan, colors[found])
    fine = SUPERSAMPLING
    colors = colors.reshape(side, fine, side, fine, 3)
    return colors.mean(axis=(1, 3))


def _crowding(full):
    """Returns the share of full cells around the front, top and right of each cell.

    Args:
        full: bool array `(depth, height, width)`.

    Returns:
        float32 array `(3, cells)`.
    """
    near = np.pad(full.astype("float32"), 2)
    for axis in range(3):
        near = sum(np.roll(near, shift, axis) for shift in (-1, 0, 1))
    inner = [slice(2, -2)] * 3
    found = []
    for axis, step in ((0, -1), (1, -1), (2, 1)):
        moved = list(inner)
        moved[axis] = slice(2 + step, near.shape[axis] - 2 + step)
        # Nine of the 27 are the layer of the cell itself, in an open plane all full.
        found.append(np.clip((near[tuple(moved)] - 9) / 18, 0, 1).ravel())
    return np.stack(found)


@functools.lru_cache(maxsize=4)
def _rays(shape, side):
    """Returns which cells the ray of each pixel goes through, and by which face.

    Args:
        shape: `(depth, height, width)`.
        side: int.

    Returns:
        int32 array `(pixels, steps)` of places in the raveled volume, in order, the
        number of cells for those outside; and int8 array, the axis of the face.
    """
    sizes = np.array(shape, "float64")
    # Axes: depth away from the viewer, height downwards, width to the right.
    ahead = np.array(
        [np.cos(TURN) * np.cos(TILT), np.sin(TILT), -np.sin(TURN) * np.cos(TILT)]
    )
    right = np.array([np.sin(TURN), 0.0, np.cos(TURN)])
    down = np.cross(right, ahead)
    down = down if down[1] > 0 else -down
    reach = np.abs(np.stack([right, down])) @ sizes
    scale = 1.04 * reach.max() / (side * SUPERSAMPLING)
    offsets = scale * (np.arange(side * SUPERSAMPLING) - (side * SUPERSAMPLING - 1) / 2)
    starts = (
        sizes / 2
        + offsets[:, None, None] * down
        + offsets[None, :, None] * right
        - sizes.sum() * ahead
    ).reshape(-1, 3)
    times, axes = [], []
    for axis, size in enumerate(shape):
        times.append((np.arange(size + 1) - starts[:, axis, None]) / ahead[axis])
        axes += [axis] * (size + 1)
    times = np.concatenate(times, axis=1)
    order = times.argsort(axis=1)
    times = np.take_along_axis(times, order, axis=1)
    middles = (times[:, :-1] + times[:, 1:]) / 2
    points = starts[:, None] + middles[..., None] * ahead
    cells = np.floor(points).astype("int32")
    inside = ((cells >= 0) & (cells < np.array(shape))).all(axis=-1)
    steps = max(1, inside.sum(axis=1).max())
    # Those inside follow one another: they are kept, and brought to the front.
    first = inside.argmax(axis=1)[:, None] + np.arange(steps)
    first = np.minimum(first, inside.shape[1] - 1)
    flat = np.ravel_multi_index(np.moveaxis(cells, -1, 0), shape, mode="clip")
    flat = np.where(inside, flat, np.prod(shape)).astype("int32")
    faces = np.array(axes, "int8")[order[:, :-1]]
    return np.take_along_axis(flat, first, 1), np.take_along_axis(faces, first, 1)
