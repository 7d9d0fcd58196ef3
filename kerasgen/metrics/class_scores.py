"""Scores of each class by itself: a mean over classes hides one that has collapsed."""

import numpy as np

from kerasgen.arguments import check_int


def per_class(score, *sets, minimum=2, **options):
    """Returns a score of the examples of each class.

    Args:
        score: function of arrays `(n, ...)`, one for each of `sets`, such as
            `kerasgen.metrics.frechet_distance`, `precision_recall` or `ms_ssim`.
        *sets: pairs `(x, labels)` in the order that `score` takes the arrays: for most
            features of real examples, then those of samples. Labels are ints `(n,)`.
        minimum: int. Classes with fewer examples in any of the sets are left out:
            neighbours and covariances need some. Defaults to `2`.
        **options: further arguments of `score`.

    Returns:
        dict from class, an int, to what `score` returns, in the order of the classes.

    Example:

    ```
    real, samples = (features, labels), (sample_features, sample_labels)
    per_class(kerasgen.metrics.frechet_distance, real, samples)[3]
    ```
    """
    check_int("minimum", minimum)
    sets = [_checked(place, *pair) for place, pair in enumerate(sets)]
    if not sets:
        raise ValueError("`sets` must be one pair or more. Received: none")
    classes = [np.unique(labels, return_counts=True) for _, labels in sets]
    shared = set.intersection(
        *(set(found[counts >= minimum].tolist()) for found, counts in classes)
    )
    return {
        label: score(*(x[labels == label] for x, labels in sets), **options)
        for label in sorted(shared)
    }


def _checked(place, x, labels):
    x, labels = np.asarray(x), np.asarray(labels)
    if labels.shape != x.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            "`sets` must be examples, each with a class, an int. Received: set "
            f"{place} of shape {x.shape} with labels of shape {labels.shape}, dtype "
            f"{labels.dtype}"
        )
    return x, labels
