"""Disentanglement: how far each factor of variation has a latent of its own.

The scores compare codes with factors that are known, as in `load("sprites")`. They
disagree with each other and with the seed (Locatello et al., 2019,
https://arxiv.org/abs/1811.12359): give several of them, over several seeds.
"""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.metrics.intervention_scores import beta_vae_score, factor_vae_score
from kerasgen.metrics.predictor_scores import dci, sap_score
from kerasgen.metrics.representations import check_codes


def disentanglement_scores(
    model, data, num_examples=10000, metrics=None, seed=0, batch_size=None
):
    """Returns all scores of a model on data with known factors.

    Args:
        model: model with `encode`, or a function from images `(n, h, w, c)` to codes
            `(n, dims)`.
        data: `kerasgen.data.Dataset` of a source with `factors(indices)`, such as
            `load("sprites", "all")`.
        num_examples: int, drawn at random. Defaults to `10000`, of which all scores
            are computed.
        metrics: names of scores among `METRICS`, or None for all.
        seed: int. Defaults to `0`.
        batch_size: int or None. Images a call of the model.

    Returns:
        dict of floats; `"dci"` gives three.
    """
    names = tuple(METRICS) if metrics is None else np.atleast_1d(metrics).tolist()
    for name in names:
        check_choice("metrics", name, tuple(METRICS))
    codes, factors = encode_factors(model, data, num_examples, seed, batch_size)
    categorical = getattr(data.source, "categorical", ())
    found = {}
    for name in names:
        options = {} if name == "mutual_information_gap" else {"seed": seed}
        if name == "sap_score":
            options["categorical"] = categorical
        score = METRICS[name](codes, factors, **options)
        if isinstance(score, dict):
            found |= {f"{name}_{key}": value for key, value in score.items()}
        else:
            found[name] = score
    return found


def encode_factors(model, data, num_examples=10000, seed=0, batch_size=None):
    """Returns `(codes, factors)` of images drawn at random, with replacement.

    Arguments as in `disentanglement_scores`.
    """
    check_int("num_examples", num_examples, 2)
    source = getattr(data, "source", None)
    if not hasattr(source, "factors"):
        raise TypeError(
            "`data` must be a Dataset whose source has `factors(indices)`, such as "
            f"load('sprites', 'all'). Received: data of type {type(data).__name__}"
        )
    if not (hasattr(model, "encode") or callable(model)):
        raise TypeError(
            "`model` must have `encode` or be a function of images. "
            f"Received: model of type {type(model).__name__}"
        )
    generator = np.random.default_rng(check_int("seed", seed, 0))
    indices = generator.integers(0, len(source), num_examples)
    size = check_int("batch_size", batch_size or 256)
    parts = []
    for start in range(0, num_examples, size):
        images = source[indices[start : start + size]]
        encoded = (
            model.encode(images, batch_size=size)
            if hasattr(model, "encode")
            else model(images)
        )
        parts.append(np.asarray(encoded, "float32"))
    return np.concatenate(parts), source.factors(indices)


def mutual_information_gap(codes, factors, bins=20):
    """Returns the mutual information gap (Chen et al., 2018).

    The mean over factors of `(I(z_1; v) - I(z_2; v)) / H(v)`, where `z_1` and `z_2`
    are the two latents that know most about the factor `v`
    (https://arxiv.org/abs/1802.04942, eq. 6). The estimator is the histogram of
    disentanglement_lib: codes in `bins` equal intervals between their extremes. (The
    paper's own uses the posteriors, and leaves the shape of dSprites out.) A factor
    with more values than bins cannot reach 1: with 40 values and 20 bins it has
    `log 20 / log 40 = 0.812`. Nor can one whose values look alike, such as the
    orientation of a square.

    Args:
        codes: floats `(n, dims)`, means of posteriors; at least two dimensions.
        factors: ints `(n, factors)`.
        bins: int. Defaults to `20`.

    Returns:
        float in `[0, 1]`.
    """
    codes, factors = check_codes(codes, factors)
    check_int("bins", bins, 2)
    digits = np.stack([_discretize(column, bins) for column in codes.T])
    gaps = []
    for values in factors.T:
        known = np.sort([mutual_information(column, values) for column in digits])
        gaps.append((known[-1] - known[-2]) / mutual_information(values, values))
    return float(np.mean(gaps))


def mutual_information(a, b):
    """Returns the mutual information of two samples of ints from 0, in nats."""
    counts = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1))
    joint = counts.reshape(a.max() + 1, b.max() + 1) / len(a)
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float(np.sum(joint[seen] * np.log(joint[seen] / independent[seen])))


def _discretize(values, bins):
    edges = np.histogram_bin_edges(values, bins)
    return np.digitize(values, edges[1:-1])


METRICS = {
    "mutual_information_gap": mutual_information_gap,
    "beta_vae_score": beta_vae_score,
    "factor_vae_score": factor_vae_score,
    "dci": dci,
    "sap_score": sap_score,
}
