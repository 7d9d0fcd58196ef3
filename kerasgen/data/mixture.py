"""Points in the plane: mixtures of Gaussians with known modes, and a swiss roll."""

import numpy as np

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.data.content import Content
from kerasgen.data.drawn import SPLITS

STDS = {"ring": 0.01, "grid": 0.05, "swissroll": 0.25 / 7.5}


def load_mixture(
    split, seed, labels, *, kind="ring", num_examples=50000, scale=1.0, std=None
):
    """Draws points, float32 of shape `(n, 2)`.

    `"ring"` has 8 Gaussians on the unit circle with a standard deviation of 0.01,
    `"grid"` 25 of 0.05 at {-4, -2, 0, 2, 4}², as in VEEGAN and PacGAN. `"swissroll"`
    is WGAN-GP's, which has no modes. The data set has the attributes `centers`
    `(modes, 2)` and `std`.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        labels: bool. Whether to give the number of the mode.
        kind: `"ring"`, `"grid"` or `"swissroll"`.
        num_examples: int. Defaults to `50000`.
        scale: float. Multiplies everything: 2 makes the ring of Unrolled GAN, with
            radius 2 and a standard deviation of 0.02. Defaults to `1`.
        std: float, before scaling, or None for the papers'.
    """
    check_choice("split", split, SPLITS)
    check_choice("kind", kind, tuple(STDS))
    check_choice("labels", labels, (False, True) if kind != "swissroll" else (False,))
    count = check_int("num_examples", num_examples)
    scale = check_number("scale", scale, minimum=1e-6)
    std = STDS[kind] if std is None else check_number("std", std, minimum=0)
    generator = np.random.default_rng([seed, SPLITS.index(split)])
    modes = None
    if kind == "swissroll":
        centers, means = None, _swissroll(generator.random(count))
    else:
        centers = ring_centers() if kind == "ring" else grid_centers()
        modes = generator.integers(len(centers), size=count)
        means = centers[modes]
        centers = (scale * centers).astype("float32")
    points = scale * (means + std * generator.standard_normal((count, 2)))
    return Content(
        points.astype("float32"),
        modes.astype("int32") if labels else None,
        None if centers is None else tuple(f"mode {i}" for i in range(len(centers))),
        attributes={"centers": centers, "std": scale * std},
    )


def ring_centers():
    """Returns 8 distinct points on the unit circle, `(8, 2)`."""
    angles = 2 * np.pi * np.arange(8) / 8
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def grid_centers():
    """Returns the 25 points {-4, -2, 0, 2, 4}², `(25, 2)`."""
    ticks = np.arange(-4.0, 5.0, 2.0)
    return np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)


def _swissroll(uniform):
    angles = 1.5 * np.pi * (1 + 2 * uniform)
    spiral = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return angles[:, None] * spiral / 7.5
