"""Attribute vectors: directions among codes, from labelled images."""

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.explore.codes import as_codes, check_model

METHODS = ("difference", "regression")


def attribute_vectors(
    model, x, attributes, labels=None, method="difference", orthogonal=False
):
    """Returns the direction of each attribute among the codes.

    The mean code of the images that have the attribute, less the mean code of those
    that have not (Larsen et al., 2016, https://arxiv.org/abs/1512.09300). Where
    attributes go together, `"regression"` fits all of them at once by least squares,
    so that a direction is what an attribute adds while the others stay the same.

    Take other images here than those that are edited.

    Args:
        model: a model with an encoder; for codes, any.
        x: images `(n, height, width, channels)`, or codes `(n, latent_dim)`.
        attributes: 0 or 1 (or bool) for each image and attribute, `(n, attributes)`;
            or ints `(n,)`, classes, of which each is an attribute.
        labels: ints `(n,)`, what a conditional model is told.
        method: `"difference"` or `"regression"`. Defaults to `"difference"`.
        orthogonal: bool. Whether the other directions' part is taken out of each.

    Returns:
        float32 array `(attributes, latent_dim)`.
    """
    check_model(model)
    check_choice("method", method, METHODS)
    codes = as_codes(model, x, labels).astype("float64")
    has, classes = _attribute_matrix(attributes, len(codes))
    if method == "regression" and classes:
        raise ValueError(
            "`method` must be 'difference' for classes, as each image has just one of "
            f"them. Received: method={method!r}"
        )
    if method == "difference":
        present = has.T @ codes / has.sum(axis=0)[:, None]
        absent = (1 - has).T @ codes / (1 - has).sum(axis=0)[:, None]
        vectors = present - absent
    else:
        design = np.concatenate([has, np.ones((len(has), 1))], axis=1)
        if np.linalg.matrix_rank(design) < design.shape[1]:
            raise ValueError(
                "`attributes` must not follow from one another for a regression. "
                f"Received: {has.shape[1]} attributes of which some do"
            )
        vectors = np.linalg.lstsq(design, codes, rcond=None)[0][:-1]
    if orthogonal:
        vectors = _without_others(vectors)
    return vectors.astype("float32")


def _without_others(vectors):
    """Takes out of each vector its projection on the span of the others."""
    found = vectors.copy()
    for i, vector in enumerate(vectors):
        others = np.delete(vectors, i, axis=0)
        if len(others):
            found[i] = vector - others.T @ np.linalg.lstsq(others.T, vector)[0]
    return found


def _attribute_matrix(attributes, count):
    """Returns float64 zeros and ones `(n, attributes)`, and whether from classes."""
    attributes = np.asarray(attributes)
    classes = attributes.ndim == 1 and attributes.dtype.kind in "iu"
    if classes and attributes.size and attributes.min() >= 0:
        names = np.arange(max(attributes.max() + 1, 2))
        attributes = attributes[:, None] == names
    if attributes.ndim == 1 and attributes.dtype.kind == "b":
        attributes = attributes[:, None]
    fits = attributes.ndim == 2 and len(attributes) == count
    if not fits or not np.isin(attributes, (0, 1)).all():
        raise ValueError(
            f"`attributes` must be 0 or 1 of shape ({count}, attributes), or classes "
            f"of shape ({count},). Received: attributes of shape {attributes.shape}, "
            f"dtype {attributes.dtype}"
        )
    has = attributes.astype("float64")
    one_sided = np.flatnonzero((has.min(axis=0) == 1) | (has.max(axis=0) == 0))
    if len(one_sided):
        raise ValueError(
            "`attributes` must each have images with and without. Received: attributes "
            f"{one_sided.tolist()}, which all images have or none has"
        )
    return has, classes
