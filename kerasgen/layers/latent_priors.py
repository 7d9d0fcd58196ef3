"""Priors of codes, as functions of noise that is Gaussian and uniform.

Makhzani et al., 2015, "Adversarial Autoencoders", https://arxiv.org/abs/1511.05644,
sections 2.2 and 2.3. They take tensors with `numeric=keras.ops` and arrays with NumPy.
The paper draws the two of the plane without their numbers.
"""

import math

from kerasgen.arguments import check_choice, check_number

COMPONENTS = 10  # of a mixture that follows no labels
_RADIUS, _RADIAL, _TANGENTIAL = 1.4, 0.5, 0.1  # of the ring
_TURNS, _END, _BLUR = 2, 3.0, 0.05  # of the roll


def gaussian_codes(normal, uniform, component, components, numeric):
    """Returns `N(0, I)`: `normal` itself; arguments as in `ring_codes`."""
    return normal


def ring_codes(normal, uniform, component, components, numeric):
    """Returns draws of Gaussians in the plane, on a ring, long towards its centre.

    Their means lie at a distance of 1.4, the first on the right, the next ones
    counterclockwise; the standard deviations are 0.5 along the radius and 0.1 across.

    Args:
        normal: `(count, 2)`, from `N(0, I)`.
        uniform: `(count,)`, in `[0, 1)`.
        component: `(count,)`, whole numbers in `[0, components)`: which Gaussian.
        components: int. Their number.
        numeric: `keras.ops` or `numpy`.
    """
    angle = component * (2.0 * math.pi / components)
    along, across = _RADIUS + _RADIAL * normal[:, 0], _TANGENTIAL * normal[:, 1]
    sine, cosine = numeric.sin(angle), numeric.cos(angle)
    return numeric.stack(
        [along * cosine - across * sine, along * sine + across * cosine], axis=1
    )


def swiss_roll_codes(normal, uniform, component, components, numeric):
    """Returns draws of a spiral of two turns from the centre to a distance of 3.

    It is cut into `components` parts, of which `component` chooses one and `uniform`
    the place there, nearly even along the spiral; blurred by `N(0, 0.05^2)`. Arguments
    as in `ring_codes`.
    """
    place = numeric.sqrt((component + uniform) / components)
    angle = 2.0 * math.pi * _TURNS * place
    spiral = [_END * place * numeric.cos(angle), _END * place * numeric.sin(angle)]
    return numeric.stack(spiral, axis=1) + _BLUR * normal


CODE_PRIORS = {
    "gaussian": gaussian_codes,
    "ring": ring_codes,
    "swiss_roll": swiss_roll_codes,
}


class CodePrior:
    """A prior of codes, whose components labels may choose.

    Args:
        kind: key of `CODE_PRIORS`.
        latent_dim: int. Size of a code: 2, but for `"gaussian"`.
        std: float. Multiplies the draws.
        num_classes: int or None. Classes of the labels that choose the component; None
            for 10 components that are drawn.
    """

    def __init__(self, kind, latent_dim, std=1.0, num_classes=None):
        self.function = CODE_PRIORS[check_choice("prior", kind, tuple(CODE_PRIORS))]
        if kind != "gaussian" and latent_dim != 2:
            raise ValueError(
                f"`latent_dim` must be 2 for a prior of the plane, {kind!r}. "
                f"Received: latent_dim={latent_dim}"
            )
        if kind == "gaussian" and num_classes is not None:
            raise ValueError(
                "`prior` must have components where labels choose one. "
                f"Received: prior={kind!r}"
            )
        self.std = check_number("prior_std", std, 0.0)
        self.num_classes = num_classes

    def __call__(self, normal, uniform, labels, numeric):
        """Returns codes, `(count, latent_dim)`.

        Args:
            normal: `(count, latent_dim)`, from `N(0, I)`.
            uniform: `(count, 2)`, in `[0, 1)`.
            labels: ints `(count,)`, -1 for any component, or None; without
                `num_classes` they mean nothing.
            numeric: `keras.ops` or `numpy`.
        """
        count = self.num_classes or COMPONENTS
        component = numeric.floor(uniform[:, 0] * count)
        if self.num_classes is not None and labels is not None:
            component = numeric.where(labels < 0, component, labels)
        return self.std * self.function(
            normal, uniform[:, 1], component, count, numeric
        )
