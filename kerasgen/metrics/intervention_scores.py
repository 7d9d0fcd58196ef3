"""Scores that hold one factor fixed: the beta-VAE's and FactorVAE's."""

import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.metrics.representations import check_codes, rows_with_same_value

CHUNK = 500  # batches compared at a time


def beta_vae_score(
    codes, factors, batch_size=64, num_train=10000, num_test=5000, seed=0
):
    """Returns the score of Higgins et al., 2017, appendix A.4.

    A linear classifier is told the mean of `|z_1 - z_2|` over `batch_size` pairs of
    images that agree in one factor, and guesses which
    (https://openreview.net/forum?id=Sy2fzU9gl). Chance is one over the number of
    factors; 1 can be reached although one factor is missing. Codes and features are
    brought to the same scale first, so that no scale of the codes matters; latents of
    one value are left out. Pairs are drawn among the given examples, 10,000 and 5,000
    batches as in disentanglement_lib.

    Args:
        codes: floats `(n, dims)`, means of posteriors.
        factors: ints `(n, factors)`, of which all combinations occur.
        batch_size: int. Pairs a feature. Defaults to `64`.
        num_train, num_test: ints. Features. Default to `10000` and `5000`.
        seed: int. Defaults to `0`.

    Returns:
        float in `[0, 1]`, the accuracy on the test features.
    """
    codes, factors = check_codes(codes, factors)
    for name, value in (("batch_size", batch_size), ("num_test", num_test)):
        check_int(name, value)
    check_int("num_train", num_train, factors.shape[1])
    generator = np.random.default_rng(check_int("seed", seed, 0))
    spread = codes.std(axis=0)
    if not (spread > 0).any():
        return 1.0 / factors.shape[1]
    codes = codes[:, spread > 0] / spread[spread > 0]

    def features(chosen, rows):
        found = np.empty((len(chosen), codes.shape[1]))
        for k, column in enumerate(factors.T):
            first = rows[chosen == k]
            second = rows_with_same_value(column, first, generator)
            found[chosen == k] = np.abs(codes[first] - codes[second]).mean(axis=1)
        return found

    x, y = _batches(features, factors, num_train + num_test, batch_size, generator)
    mean, deviation = x[:num_train].mean(axis=0), x[:num_train].std(axis=0)
    x = (x - mean) / np.where(deviation > 0, deviation, 1.0)
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(max_iter=1000)
    classifier.fit(x[:num_train], y[:num_train])
    return float(classifier.score(x[num_train:], y[num_train:]))


def factor_vae_score(
    codes,
    factors,
    batch_size=64,
    num_train=10000,
    num_test=5000,
    threshold=0.05,
    seed=0,
):
    """Returns the score of Kim and Mnih, 2018, section 4.

    In a batch that agrees in one factor, the latent of the least variance, each
    relative to its variance over all data, votes for the factor; a majority vote of
    each latent classifies (https://arxiv.org/abs/1802.05983). Chance is one over the
    number of factors. Batches are drawn among the given examples, 10,000 and 5,000 as
    in disentanglement_lib.

    Args:
        codes: floats `(n, dims)`, means of posteriors.
        factors: ints `(n, factors)`, of which all combinations occur.
        batch_size: int. Examples a vote. Defaults to `64`.
        num_train, num_test: ints. Votes. Default to `10000` and `5000`.
        threshold: float. Latents of a smaller standard deviation have no vote: they
            are collapsed to the prior. Defaults to `0.05`.
        seed: int. Defaults to `0`.

    Returns:
        float in `[0, 1]`, the accuracy on the test votes; 0 if no latent has a vote.
    """
    codes, factors = check_codes(codes, factors)
    check_int("batch_size", batch_size, 2)
    check_int("num_train", num_train)
    check_int("num_test", num_test)
    check_number("threshold", threshold, 0.0)
    generator = np.random.default_rng(check_int("seed", seed, 0))
    spread = codes.std(axis=0)
    active = (spread >= threshold) & (spread > 0)
    if not active.any():
        return 0.0
    codes = codes[:, active] / spread[active]

    def features(chosen, rows):
        variances = np.empty((len(chosen), codes.shape[1]))
        for k, column in enumerate(factors.T):
            # All examples of a batch agree with its first one.
            first = np.broadcast_to(rows[chosen == k, :1], rows[chosen == k].shape)
            same = rows_with_same_value(column, first, generator)
            variances[chosen == k] = codes[same].var(axis=1)
        return variances

    x, y = _batches(features, factors, num_train + num_test, batch_size, generator)
    latents = x.argmin(axis=1)
    votes = np.zeros((codes.shape[1], factors.shape[1]))
    np.add.at(votes, (latents[:num_train], y[:num_train]), 1)
    return float(np.mean(votes.argmax(axis=1)[latents[num_train:]] == y[num_train:]))


def _batches(features, factors, count, batch_size, generator):
    """Returns features of batches, and the factors that are fixed in them."""
    chosen = generator.integers(0, factors.shape[1], count)
    found = []
    for start in range(0, count, CHUNK):
        part = chosen[start : start + CHUNK]
        rows = generator.integers(0, len(factors), (len(part), batch_size))
        found.append(features(part, rows))
    return np.concatenate(found), chosen
