"""Scores of samples as Keras metrics, which take images batch by batch."""

import keras
import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.metrics.feature_networks import FeatureNetwork
from kerasgen.metrics.feature_scores import FEATURE_SCORES
from kerasgen.metrics.frechet import KEPT, frechet_distance
from kerasgen.metrics.inception import Inception
from kerasgen.metrics.moments import Moments
from kerasgen.metrics.scored import Case, Scored

SCORES = tuple(n for n, s in FEATURE_SCORES.items() if "train" not in s.needs)


class SampleMetric(keras.metrics.Metric):
    """A score of samples beside real images, by the features of a network.

    Of images their features are kept, or for the Frechet distance sums of `dim x dim`
    numbers, so that memory does not grow with the number of images. It computes in
    NumPy, in float64, outside of compiled functions. The size of batches plays no part
    in the value.

    Args:
        score: `"frechet_distance"`, `"kernel_distance"`, `"inception_score"`,
            `"precision_recall"`, `"density_coverage"` or `"classes"`, as in
            `kerasgen.metrics.score_samples`.
        network: `kerasgen.metrics.FeatureNetwork` or `kerasgen.metrics.Inception`.
        seed: int. Of what a score draws. Defaults to `0`.
        name: str, or None for the score's with the network's.

    Example:

    ```python
    network = kerasgen.metrics.feature_network("random", data)
    distance = kerasgen.metrics.SampleMetric("frechet_distance", network)
    for images, *_ in data:
        distance.update_state(real=images)
    distance.update_state(samples=model.sample(100))
    distance.result(), distance.figures()
    ```
    """

    def __init__(self, score, network, seed=0, name=None):
        self.score = check_choice("score", score, SCORES)
        if not isinstance(network, (FeatureNetwork, Inception)):
            raise TypeError(
                "`network` must be a FeatureNetwork, as `feature_network` gives it. "
                f"Received: network of type {type(network).__name__}"
            )
        if "logits" in FEATURE_SCORES[score].needs and network.num_classes is None:
            raise ValueError(
                f"`network` must be a classifier for score={score!r}. "
                f"Received: network={network.name!r}"
            )
        super().__init__(name=name or f"{score}_by_{network.name.replace(' ', '_')}")
        self.network, self.seed = network, seed
        self._kept = {}
        self.reset_state()

    def update_state(self, real=None, samples=None):
        """Adds real images, samples, or both.

        Args:
            real, samples: images, `uint8` or floats in `[0, 1]`, `(n, height, width,
                channels)`, or None.
        """
        for kind, images in (("real", real), ("samples", samples)):
            if images is None or not len(images):
                continue
            found = self.network(keras.ops.convert_to_numpy(images))
            if self.score == "frechet_distance":
                self._kept[kind].update(found["features"])
            else:
                self._kept[kind].append(found)

    def figures(self):
        """Returns all figures of the score, with errors and spreads, a dict."""
        if self.score == "frechet_distance":
            return frechet_distance(self._kept["real"], self._kept["samples"])
        real, samples = (self._scored(kind) for kind in ("real", "samples"))
        if samples is None:
            raise ValueError("`samples` must be given first. Received: none")
        if real is None and self.score in ("inception_score", "classes"):
            real = samples  # not looked at, but for the number of classes
        if real is None:
            raise ValueError("`real` must be given first. Received: none")
        return FEATURE_SCORES[self.score].compute(Case(real, samples, None, self.seed))

    def result(self):
        """Returns the score, a float; of several, such as precision, the first."""
        return float(self.figures()[next(iter(FEATURE_SCORES[self.score].rows))])

    def reset_state(self, real=True):
        """Forgets the samples, and unless `real` is False the real images as well."""
        for kind in ("real", "samples") if real else ("samples",):
            self._kept[kind] = []
            if self.score == "frechet_distance":
                self._kept[kind] = Moments(KEPT if kind == "samples" else 0)

    def _scored(self, kind):
        parts = self._kept[kind]
        if not parts:
            return None
        joined = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
        return Scored(None, **joined)
