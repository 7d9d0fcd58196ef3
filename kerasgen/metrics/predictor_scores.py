"""Scores from predictors of the factors: DCI and SAP."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.metrics.representations import check_codes

TEST_SHARE = 0.2


def dci(codes, factors, num_trees=10, seed=0):
    """Returns disentanglement, completeness and informativeness.

    Eastwood and Williams, 2018 (https://openreview.net/forum?id=By-7dz-AZ): a
    classifier for each factor says how important each latent is to it, a matrix
    `(dims, factors)`. Disentanglement is one minus the entropy of a latent's row,
    weighted by what it is used for; completeness that of a factor's column. The
    classifier is a forest of extremely randomised trees, each split of which looks at
    all latents (the paper has lasso and random forests, disentanglement_lib boosted
    trees, which are slower); four fifths of the examples train it.

    Args:
        codes: floats `(n, dims)`, means of posteriors.
        factors: ints `(n, factors)`, at least two of them.
        num_trees: int, of each forest. Defaults to `10`.
        seed: int. Defaults to `0`.

    Returns:
        dict with `"disentanglement"`, `"completeness"` and `"informativeness"`, the
        mean accuracy on the last fifth: floats in `[0, 1]`.
    """
    codes, factors = check_codes(codes, factors)
    check_int("num_trees", num_trees)
    check_int("seed", seed, 0)
    if factors.shape[1] < 2:
        raise ValueError(
            "`factors` must hold two factors or more. "
            f"Received: factors of shape {factors.shape}"
        )
    from sklearn.ensemble import ExtraTreesClassifier

    train, test = _split(len(codes), seed)
    importance, accuracy = [], []
    for values in factors.T:
        forest = ExtraTreesClassifier(
            num_trees, max_features=None, min_samples_leaf=5, random_state=seed
        )
        forest.fit(codes[train], values[train])
        importance.append(forest.feature_importances_)
        accuracy.append(forest.score(codes[test], values[test]))
    importance = np.stack(importance, axis=1)
    return {
        "disentanglement": _concentration(importance),
        "completeness": _concentration(importance.T),
        "informativeness": float(np.mean(accuracy)),
    }


def sap_score(codes, factors, categorical=(), threshold=0.05, seed=0):
    """Returns the separated attribute predictability of Kumar et al., 2018.

    The mean over factors of how much better the best single latent predicts it than
    the second best (https://arxiv.org/abs/1711.00848, section 3). A factor with an
    order is predicted by a straight line, the measure being `R^2`; a categorical one
    by thresholds, the measure being balanced accuracy on a fifth of the examples that
    the thresholds were not fitted to. A latent that tells nothing of `k` categories is
    right for about `1/k`, so that the gap to it is at most about `1 - 1/k`; a latent
    below `threshold` counts as 0, and the gap to it may be 1.

    Args:
        codes: floats `(n, dims)`, means of posteriors.
        factors: ints `(n, factors)`.
        categorical: ints, the factors whose values have no order. Defaults to none.
        threshold: float. Latents of a smaller standard deviation predict nothing.
            Defaults to `0.05`.
        seed: int. Defaults to `0`.

    Returns:
        float in `[0, 1]`.
    """
    codes, factors = check_codes(codes, factors)
    check_int("seed", seed, 0)
    outside = [k for k in categorical if not 0 <= k < factors.shape[1]]
    if outside:
        raise ValueError(
            f"`categorical` must name factors in [0, {factors.shape[1] - 1}]. "
            f"Received: categorical={categorical!r}"
        )
    spread = codes.std(axis=0)
    active = (spread >= threshold) & (spread > 0)
    gaps = []
    for k, values in enumerate(factors.T):
        measure = _accuracy if k in categorical else _squared_correlation
        scores = np.zeros(codes.shape[1])
        for j in np.flatnonzero(active):
            scores[j] = measure(codes[:, j], values, seed)
        best = np.sort(scores)
        gaps.append(best[-1] - best[-2])
    return float(np.mean(gaps))


def _squared_correlation(code, values, seed):
    return np.corrcoef(code, values)[0, 1] ** 2


def _accuracy(code, values, seed):
    """Returns the balanced accuracy of the best thresholds, one fewer than classes."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    train, test = _split(len(code), seed)
    tree = DecisionTreeClassifier(
        max_leaf_nodes=int(values.max()) + 1,
        class_weight="balanced",
        random_state=seed,
    )
    tree.fit(code[train, None], values[train])
    return balanced_accuracy_score(values[test], tree.predict(code[test, None]))


def _concentration(importance):
    """Returns one minus the entropy of each row in units of its most, weighted."""
    totals = importance.sum(axis=1)
    if importance.shape[1] < 2 or not totals.sum():
        return 0.0
    shares = importance / np.where(totals > 0, totals, 1.0)[:, None]
    logs = np.log(np.where(shares > 0, shares, 1.0))
    entropy = -np.sum(shares * logs, axis=1) / np.log(importance.shape[1])
    return float(np.sum((1 - entropy) * totals / totals.sum()))


def _split(count, seed):
    order = np.random.default_rng(seed).permutation(count)
    num_test = max(1, int(TEST_SHARE * count))
    return order[num_test:], order[:num_test]
