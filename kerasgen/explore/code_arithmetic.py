"""Vector arithmetic on codes: smiling woman - neutral woman + neutral man.

Radford, Metz and Chintala, 2016, "Unsupervised Representation Learning with Deep
Convolutional Generative Adversarial Networks", https://arxiv.org/abs/1511.06434,
section 6.3.2 and figure 7. The paper chooses three samples of each concept by eye, as
the arithmetic of single ones was unstable; here a classifier of each attribute chooses
them, and says how often the result has what it should have.
"""

import math

import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.explore.codes import check_model, decode, draw_codes, row_labels
from kerasgen.explore.result import Exploration

SIGNS = (1.0, -1.0, 1.0)  # of A with B, of neither, of B alone
CHUNK = 1000  # samples drawn at a time


def arithmetic(model, plus, minus, rows=2, noise=0.25, names=None, labels=None, seed=0):
    """Adds and subtracts mean codes, and draws what comes of it, as in figure 7.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        plus: list of codes `(n, latent_dim)`, a few examples of each concept whose mean
            is added.
        minus: list of such codes, whose mean is subtracted; all of the same `n`.
        rows: int. Rows of `n + 1` images of the result, the first image of which is it
            and all others its neighbours. Defaults to `2`.
        noise: float. Neighbours are of uniform noise in `[-noise, noise]` added to the
            code. Defaults to `0.25`, the paper's.
        names: list of str, of the concepts in `plus`, in `minus` and of the result; or
            None.
        labels: int, for a conditional model.
        seed: int. Of the noise.

    Returns:
        `Exploration` with a row for each concept, its examples and the image of their
        mean, and the rows of the result. `facts`: `"result"` `(latent_dim,)`.
    """
    check_model(model)
    check_int("rows", rows)
    check_number("noise", noise, 0.0)
    groups = [np.asarray(codes, "float32") for codes in (*plus, *minus)]
    shapes = {codes.shape for codes in groups}
    shape = next(iter(shapes), ())
    if len(shapes) != 1 or shape[1:] != (model.latent_dim,) or not shape[0]:
        raise ValueError(
            "`plus` and `minus` must hold codes (n, latent_dim) of one shape, with "
            f"latent_dim={model.latent_dim}. Received: shapes {sorted(shapes)}"
        )
    if names is not None and len(names) != len(groups) + 1:
        raise ValueError(
            f"`names` must be {len(groups) + 1}, of each concept and of the result. "
            f"Received: names={names!r}"
        )
    columns = shape[0] + 1
    generator = np.random.default_rng(check_int("seed", seed, 0))
    means = [codes.mean(axis=0) for codes in groups]
    result = sum(means[: len(plus)]) - sum(means[len(plus) :])
    shown = generator.uniform(-noise, noise, (rows * columns, model.latent_dim))
    shown[0] = 0.0
    shown = (result + shown).astype("float32").reshape(rows, columns, -1)
    concepts = [
        np.concatenate([codes, mean[None]])
        for codes, mean in zip(groups, means, strict=True)
    ]
    codes = np.concatenate([np.stack(concepts), shown])
    labels = row_labels(model, labels, len(codes))
    signs = ["+"] * len(plus) + ["-"] * len(minus) + ["="]
    texts = names or [""] * len(signs)
    texts = [f"{s} {name}".strip() for s, name in zip(signs, texts, strict=True)]
    return Exploration(
        decode(model, codes, labels),
        codes,
        {"result": result},
        title=f"{type(model).__name__}: sums of mean codes, the first without noise",
        row_labels=[*texts, *["noise added"] * (rows - 1)],
        column_labels=[*map(str, range(1, columns)), "mean"],
        fields=getattr(model, "fields", None),
    )


def arithmetic_success(
    model,
    judges,
    exemplars=(1, 3),
    num_trials=200,
    num_samples=2000,
    labels=None,
    seed=0,
):
    """Measures how often arithmetic gives a sample both of two attributes.

    The codes of samples that have the first attribute alone, less those that have
    neither, plus those that have the second alone: the result should have both. A trial
    draws samples of each kind anew, from all that the judges put there.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        judges: two functions, of the two attributes, from images `(n, height, width,
            channels)` to ints `(n,)`: 1 for those that have it, 0 for those that lack
            it, -1 for those of any other value, which are not chosen.
        exemplars: ints. How many samples each mean is of, for each of which it is
            measured. Defaults to `(1, 3)`.
        num_trials: int. Defaults to `200`.
        num_samples: int. Samples to choose from. Defaults to `2000`.
        labels: int, for a conditional model.
        seed: int.

    Returns:
        dict of figures: `"success"`, for each of `exemplars` the share of results with
        both attributes, `"first"` and `"second"`, with each of them; the same of
        samples that are chosen blindly, `"blind_success"` and so on; all float64
        `(len(exemplars),)`; `"error"`, the standard error of `"success"` over trials,
        and `"blind_error"`; `"chance"`, the share of all samples with both;
        `"available"`, how many samples there are of each kind, in the order of the sum;
        `"codes"`, a list of three arrays, the codes of those.
    """
    check_model(model)
    check_int("num_trials", num_trials)
    check_int("num_samples", num_samples)
    exemplars = [check_int("exemplars", n) for n in np.atleast_1d(exemplars).tolist()]
    codes = draw_codes(model, num_samples, seed)
    has = _judged(model, judges, codes, labels)
    kinds = [np.flatnonzero((has == kind).all(axis=1)) for kind in ((1, 0), (0, 0))]
    kinds.append(np.flatnonzero((has == (0, 1)).all(axis=1)))
    available = [len(kind) for kind in kinds]
    if min(available) < max(exemplars):
        raise ValueError(
            f"`num_samples` must be so many that {max(exemplars)} have each attribute "
            "alone, and as many neither. Received: "
            f"num_samples={num_samples}, of which {available} are of each kind"
        )
    figures = {"chance": float(np.mean((has == 1).all(axis=1)))}
    figures["available"] = available
    figures["codes"] = [codes[kind] for kind in kinds]
    every = [np.arange(num_samples)] * 3
    for prefix, pools in (("", kinds), ("blind_", every)):
        generator = np.random.default_rng([seed, 1])
        found = []
        for count in exemplars:
            results = [_sum(codes, pools, count, generator) for _ in range(num_trials)]
            right = _judged(model, judges, np.stack(results), labels) == 1
            found.append([right.all(axis=1).mean(), *right.mean(axis=0)])
        found = np.array(found, "float64").T
        names = ("success", "first", "second")
        figures |= {prefix + n: row for n, row in zip(names, found, strict=True)}
        shares = figures[f"{prefix}success"]
        errors = np.sqrt(shares * (1 - shares)) / math.sqrt(num_trials)
        figures[f"{prefix}error"] = errors
    return figures


def _sum(codes, pools, count, generator):
    chosen = [generator.choice(pool, count, replace=False) for pool in pools]
    means = (codes[rows].mean(axis=0) for rows in chosen)
    return sum(sign * mean for sign, mean in zip(SIGNS, means, strict=True))


def _judged(model, judges, codes, labels):
    """Returns what both judges say of the images of codes, ints `(n, 2)`."""
    found = []
    for start in range(0, len(codes), CHUNK):
        part = codes[start : start + CHUNK]
        told = row_labels(model, labels, len(part))
        images = decode(model, part[:, None], told)[:, 0]
        found.append(np.stack([judge(images) for judge in judges], axis=1))
    return np.concatenate(found)


def class_judge(network, present, absent):
    """Returns the judge of an attribute, for `arithmetic_success`.

    Args:
        network: `kerasgen.metrics.FeatureNetwork` of a classifier of the attribute.
        present: int, the value that counts as having it.
        absent: int, the value that counts as lacking it.
    """
    classes = network.num_classes
    if classes is None or present == absent:
        raise ValueError(
            "`network` must be a classifier, and `present` another class than "
            f"`absent`. Received: network={network.name!r}, present={present}, "
            f"absent={absent}"
        )
    check_int("present", present, 0)
    check_int("absent", absent, 0)
    if max(present, absent) >= classes:
        raise ValueError(
            f"`present` and `absent` must be in [0, {classes - 1}]. "
            f"Received: present={present}, absent={absent}"
        )

    def judge(images):
        found = np.argmax(network(images)["logits"], axis=1)
        return np.where(found == present, 1, np.where(found == absent, 0, -1))

    return judge
