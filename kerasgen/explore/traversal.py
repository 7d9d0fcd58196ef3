"""Traversals: what each latent does to an image, the others held fixed."""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.explore.codes import (
    as_codes,
    check_dimensions,
    check_encoder,
    check_model,
    class_suffix,
    decode,
    encode,
    prior_quantiles,
    row_labels,
)
from kerasgen.explore.result import Exploration
from kerasgen.images.text import as_label

REACH = 3.0  # standard deviations on both sides


def traverse(
    model,
    start=None,
    dimensions=None,
    values=None,
    steps=7,
    relative=False,
    labels=None,
    reference=None,
    reference_labels=None,
):
    """Sets one latent after the other to a range of values: a row each.

    With `reference`, rows are sorted by what the latent says about images, the most
    first: a latent of which the posterior is the prior shows the same image in all of
    its row, and is no proof of disentanglement.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        start: code `(latent_dim,)` or image `(height, width, channels)` to start from;
            None for the centre of the prior.
        dimensions: int or ints, the latents, in this order unless `reference` is
            given; None for all.
        values: floats, the values that each latent takes; None for `steps` values over
            three standard deviations of the prior on both sides (of a uniform prior:
            its whole range).
        steps: int. Defaults to `7`.
        relative: bool. Whether values are added to the start's own value.
        labels: int, for a conditional model.
        reference: images `(n, height, width, channels)` to sort rows by
            `average_kl`, or None.
        reference_labels: ints `(n,)`, for a conditional model.

    Returns:
        `Exploration` with a row for each latent. `facts`: `"dimensions"` `(rows,)`;
        `"values"` `(rows, columns)`; with `reference`, `"kl"` `(rows,)`.
    """
    check_model(model)
    if start is None:
        start = prior_quantiles(model, [0.5])
    else:
        start = as_codes(model, start, labels, "start")
    if len(start) != 1:
        raise ValueError(
            f"`start` must be one code or one image. Received: {len(start)} of them"
        )
    if dimensions is None:
        dimensions = range(model.latent_dim)
    dimensions = np.array(check_dimensions(model, list(np.atleast_1d(dimensions))))
    facts = {}
    if reference is not None:
        kl = average_kl(model, reference, reference_labels)[dimensions]
        order = np.argsort(-kl, kind="stable")
        dimensions, facts["kl"] = dimensions[order], kl[order]
    values = _values(model, values, steps, relative)[dimensions]
    codes = np.tile(start[None], (len(dimensions), values.shape[1], 1))
    rows = np.arange(len(dimensions))
    if relative:
        values = values + start[0, dimensions][:, None]
    codes[rows, :, dimensions] = values
    facts |= {"dimensions": dimensions, "values": values}
    labels = row_labels(model, labels, len(rows))
    alike = np.allclose(values, values[0], atol=1e-6)
    names = [f"latent {number}" for number in dimensions]
    if "kl" in facts:
        parts = zip(names, facts["kl"], strict=True)
        names = [f"{name}, KL {value:.2f}" for name, value in parts]
    title = f"{type(model).__name__}: one latent a row, set to the values above"
    return Exploration(
        decode(model, codes, labels),
        codes,
        facts,
        title=title + class_suffix(model, labels),
        row_labels=names,
        column_labels=values[0] if alike else None,
        labels=None if alike else [as_label(value) for value in values.ravel()],
        fields=getattr(model, "fields", None),
    )


def average_kl(model, x, labels=None):
    """Returns what each latent says about images, `(latent_dim,)`.

    Of a model with a Gaussian posterior and a divergence in closed form,
    `KL(q(z_j|x) || N(0, 1))` in nats, averaged over images; about 0 for a latent that
    is not used. Of other models, half the variance of the codes, to which the
    divergence comes down for a posterior of variance 1 and a mean of 0 on average.

    Args:
        model: a model with an encoder.
        x: images `(n, height, width, channels)`.
        labels: ints `(n,)`, for a conditional model.
    """
    check_encoder(model)
    moments = posterior_moments(model, x, labels)
    if moments is None:
        return 0.5 * encode(model, x, labels).var(axis=0)
    mean, log_variance = (m.astype("float64") for m in moments)
    terms = np.exp(log_variance) + mean**2 - 1.0 - log_variance
    return 0.5 * terms.mean(axis=0)


def posterior_moments(model, x, labels=None):
    """Returns means and log-variances of Gaussian posteriors, or None without one."""
    if not getattr(model, "has_divergence", False):
        return None
    labels = row_labels(model, labels, len(x))
    mean, log_variance = model.encode(x, labels=labels, distribution=True)
    gaussian = mean.shape == log_variance.shape == (len(x), model.latent_dim)
    return (mean, log_variance) if gaussian else None


def _values(model, values, steps, relative):
    """Returns the values of each latent, `(latent_dim, steps)`."""
    from scipy.special import ndtr

    if values is not None:
        values = np.atleast_1d(np.asarray(values, "float32"))
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise ValueError(
                f"`values` must be one or more finite floats. Received: {values}"
            )
        return np.tile(values, (model.latent_dim, 1))
    check_int("steps", steps, 2)
    deviations = np.linspace(-REACH, REACH, steps)
    if getattr(model, "latent_range", None) is not None:
        probabilities = np.linspace(0.0, 1.0, steps)
    else:
        probabilities = ndtr(deviations)
    values = prior_quantiles(model, probabilities)
    if relative:
        values = values - prior_quantiles(model, [0.5])
    return values.T.astype("float32")
