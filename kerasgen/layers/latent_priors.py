"""Priors of codes, as functions of noise that is Gaussian and uniform.

Makhzani et al., 2015, "Adversarial Autoencoders", https://arxiv.org/abs/1511.05644,
section 2.2. They take tensors with `numeric=keras.ops` and arrays with NumPy.
"""

import math

COMPONENTS = 10  # of the ring
_RADIUS, _RADIAL, _TANGENTIAL = 1.4, 0.5, 0.1


def gaussian_codes(normal, uniform, numeric):
    """Returns `N(0, I)`: `normal` itself; arguments as in `ring_codes`."""
    return normal


def ring_codes(normal, uniform, numeric):
    """Returns draws of ten Gaussians in the plane, on a ring, long towards its centre.

    Their means lie at a distance of 1.4; the standard deviations are 0.5 along the
    radius and 0.1 across. (The paper draws such a mixture without its numbers.)

    Args:
        normal: `(count, 2)`, from `N(0, I)`.
        uniform: `(count,)`, in `[0, 1)`, which chooses the Gaussian.
        numeric: `keras.ops` or `numpy`.
    """
    angle = numeric.floor(uniform * COMPONENTS) * (2.0 * math.pi / COMPONENTS)
    along, across = _RADIUS + _RADIAL * normal[:, 0], _TANGENTIAL * normal[:, 1]
    sine, cosine = numeric.sin(angle), numeric.cos(angle)
    return numeric.stack(
        [along * cosine - across * sine, along * sine + across * cosine], axis=1
    )


CODE_PRIORS = {"gaussian": gaussian_codes, "ring": ring_codes}
