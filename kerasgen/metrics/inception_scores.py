"""Inception Score: how sure and how varied a classifier finds samples.

Salimans et al., 2016, "Improved Techniques for Training GANs",
https://arxiv.org/abs/1606.03498, section 4. Official code:
https://github.com/openai/improved-gan.

From 1 to the number of classes. One memorised image a class has the highest score; a
classifier of other classes than those of the data says nothing.
"""

import numpy as np
from scipy.special import log_softmax

from kerasgen.arguments import check_int


def inception_score(logits, num_splits=10, seed=0):
    """Returns the score of samples, and its spread over parts of them.

    It is `exp(E KL(p(y|x) || p(y)))`, `p(y)` being the mean of `p(y|x)`, over each of
    `num_splits` parts of the samples, drawn at random: in the order of their classes,
    as folders have them, each part would hold a few classes alone.

    Args:
        logits: array `(n, classes)`, a classifier's, before its softmax.
        num_splits: int, at most `n`. Fewer examples a part make the score smaller.
            Defaults to `10`.
        seed: int. Of the parts. Defaults to `0`.

    Returns:
        dict: `inception_score`, the mean over the parts; `inception_score_spread`, the
        standard deviation over them; `inception_score_of_all`, that of all samples as
        one part.
    """
    logits = np.asarray(logits)
    check_int("num_splits", num_splits)
    if logits.ndim != 2 or len(logits) < num_splits or logits.shape[1] < 2:
        raise ValueError(
            f"`logits` must have the shape (n, classes), n at least {num_splits}, and "
            f"two classes or more. Received: logits of shape {logits.shape}"
        )
    logs = log_softmax(logits.astype("float64"), axis=1)
    if not np.isfinite(logs).all():
        raise ValueError("`logits` must be finite. Received: logits with NaN")
    mixed = np.random.default_rng(seed).permutation(logs)
    scores = [_score(part) for part in np.array_split(mixed, num_splits)]
    return {
        "inception_score": float(np.mean(scores)),
        "inception_score_spread": float(np.std(scores)),
        "inception_score_of_all": _score(logs),
    }


def _score(logs):
    probabilities = np.exp(logs)
    marginal = probabilities.mean(axis=0)
    # A class that no example has any of adds 0 to both sums.
    log_marginal = np.log(np.where(marginal > 0, marginal, 1.0))
    divergences = np.sum(probabilities * (logs - log_marginal), axis=1)
    return float(np.exp(divergences.mean()))
