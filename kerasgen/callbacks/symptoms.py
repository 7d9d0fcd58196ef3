"""From numbers of a GAN's training to what is wrong with it, in words."""

import collections
import math

import numpy as np

from kerasgen.metrics.distances import squared_distances

# A loss swings where it goes from above its mean by this share to below it.
_SWING = 0.5
_MOST_SWINGS = 4
_WINDOW = 12  # checks

ADVICE = {
    "collapse": (
        "Try a smaller learning rate, larger batches, more updates of the "
        "discriminator for each of the generator, or another objective "
        "(gans.WGANGP, gans.SNGAN); go back to a checkpoint from before it."
    ),
    "saturation": (
        "Try a smaller learning rate of the discriminator, fewer units, dropout or "
        "augmented data for it, or an objective that does not saturate (gans.WGANGP, "
        "gans.LSGAN)."
    ),
    "vanished_gradient": (
        "Try the non-saturating loss of the generator, a smaller learning rate of the "
        "discriminator, or another objective (gans.WGANGP, gans.SNGAN)."
    ),
    "oscillation": (
        "Try smaller learning rates of both players, less momentum (Adam's beta_1 of "
        "0.5 or 0), larger batches, or an average of the weights "
        "(callbacks.ModelAverage)."
    ),
    "not_finite": (
        "Try smaller learning rates, gradients that are clipped (clipnorm), or float32 "
        "in place of float16; go back to a checkpoint from before it."
    ),
}


def effective_number(x, bandwidth, labels=None):
    """Returns how many distinct examples a set is worth, from 1 to its size.

    `n^2 / sum_ij k(x_i, x_j)` with `k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2))`: n
    where no two are alike, 1 where all are equal, and the number of modes where equally
    many lie in each of a few tight and distant ones. It is the Vendi score of order 2
    under the kernel's root (Friedman and Dieng, 2023, https://arxiv.org/abs/2210.02410;
    Pasarkar and Dieng, 2023, https://arxiv.org/abs/2310.12952).

    Args:
        x: floats `(n, ...)`.
        bandwidth: float > 0, a distance.
        labels: ints `(n,)` or None. With them it is the mean over the classes, each by
            itself.
    """
    x = np.asarray(x, "float64").reshape(len(x), -1)
    if labels is not None:
        parts = [x[labels == label] for label in np.unique(labels)]
        return float(np.mean([effective_number(part, bandwidth) for part in parts]))
    squares = squared_distances(x, x, x.mean(axis=0))
    return float(len(x) / np.exp(-squares / (2.0 * bandwidth**2)).sum(axis=1).mean())


def kernel_width(x):
    """Returns a quarter of the median distance of two examples, or None if it is 0."""
    x = np.asarray(x, "float64").reshape(len(x), -1)
    squares = squared_distances(x, x, x.mean(axis=0))
    pairs = squares[np.triu_indices(len(x), 1)]
    width = 0.25 * math.sqrt(np.median(pairs))
    return width if width > 0.0 else None


class Symptoms:
    """Tells from figures, check after check, what a training suffers from.

    Args:
        patience: int. Checks in a row with a symptom before it is told. What is not
            finite is told at once, oscillation by the checks of a window.
        min_diversity: float. Diversity below which samples have collapsed.
        max_separation: float. Separation above which a discriminator is saturated.
        min_gradient: float. Share of what the norm was, below which a gradient has
            vanished.
    """

    def __init__(self, patience, min_diversity, max_separation, min_gradient):
        self.patience = patience
        self.min_diversity = min_diversity
        self.max_separation = max_separation
        self.min_gradient = min_gradient
        self.reset()

    def reset(self):
        """Forgets all that was seen."""
        self.streaks = collections.Counter()
        self.norms, self.usual, self.losses = [], 0.0, {}

    def state(self):
        """Returns what is needed to go on, of JSON's kinds."""
        return {
            "streaks": dict(self.streaks),
            "norms": self.norms,
            "usual": self.usual,
            "losses": self.losses,
        }

    def restore(self, state):
        """Goes on from what `state` returned."""
        self.streaks = collections.Counter(state.get("streaks", {}))
        self.norms = list(state.get("norms", ()))
        self.usual = state.get("usual", 0.0)
        self.losses = {k: list(v) for k, v in state.get("losses", {}).items()}

    def check(self, figures, losses, warm=True):
        """Returns the symptoms of one check, a dict from name to what is wrong.

        Args:
            figures: dict of floats or None: `"diversity"`, `"separation"`,
                `"gradient"` (the norm of the generator's), as known.
            losses: dict of floats by name, the players'.
            warm: bool. False before training is far enough for a judgement: then
                nothing is told but what is not finite.
        """
        values = {**figures, **losses}
        bad = [k for k, v in values.items() if v is not None and not math.isfinite(v)]
        found = {}
        if bad:
            found["not_finite"] = f"{' and '.join(sorted(bad))} is NaN or infinite"
        figures = {k: v for k, v in figures.items() if k not in bad and v is not None}
        losses = {k: v for k, v in losses.items() if k not in bad}
        self.note(figures.get("gradient"))
        if not warm:
            self.streaks.clear()
            return found
        told = {
            "collapse": self._collapse(**figures),
            "saturation": self._saturation(**figures),
            "vanished_gradient": self._vanished(**figures),
        }
        for name, text in told.items():
            self.streaks[name] = 0 if text is None else self.streaks[name] + 1
            if self.streaks[name] >= self.patience:
                found[name] = f"{text}, {self.streaks[name]} checks in a row"
        if swinging := self._oscillation(losses):
            found["oscillation"] = swinging
        return found

    def _collapse(self, diversity=None, **others):
        if diversity is None or diversity >= self.min_diversity:
            return None
        return (
            f"samples are too much alike: their diversity is {diversity:.2g} of that "
            f"of real examples (less than {self.min_diversity})"
        )

    def _saturation(self, separation=None, **others):
        if separation is None or separation <= self.max_separation:
            return None
        return (
            "the discriminator tells real and generated examples apart nearly without "
            f"a mistake, and has little to teach: its separation is {separation:.3f} "
            f"of 1 (more than {self.max_separation})"
        )

    def note(self, norm):
        """Notes a norm of the generator's gradient.

        What is usual is the largest median of three checks in a row so far, which one
        leap does not move.
        """
        if norm is None or not math.isfinite(norm):
            return
        self.norms = [*self.norms, norm][-3:]
        self.usual = max(self.usual, float(np.median(self.norms)))

    def _vanished(self, gradient=None, **others):
        if gradient is None or gradient >= self.min_gradient * self.usual:
            return None
        return (
            f"the generator's gradient has vanished: its norm is {gradient:.2g}, less "
            f"than {self.min_gradient} of the {self.usual:.2g} that it was"
        )

    def _oscillation(self, losses):
        swings = {}
        for name, value in losses.items():
            seen = [*self.losses.get(name, ()), value][-_WINDOW:]
            self.losses[name] = seen
            if len(seen) == _WINDOW and (min(seen) > 0 or max(seen) < 0):
                swings[name] = _swings(np.abs(seen))
        many = {name: count for name, count in swings.items() if count >= _MOST_SWINGS}
        if not many:
            return None
        name = max(many, key=many.get)
        return (
            f"{name} swings: it went {many[name]} times from far above its mean to far "
            f"below it or back in {_WINDOW} checks"
        )


def _swings(values):
    """Returns how often values change sides of their mean, by half of it or more."""
    sides, mean = [], np.mean(values)
    for value in values:
        far = abs(value - mean) > _SWING * mean
        side = value > mean
        if far and (not sides or sides[-1] != side):
            sides.append(side)
    return max(0, len(sides) - 1)
