"""Directions that nobody named: along which the first layer moves most.

Shen and Zhou, 2021, "Closed-Form Factorization of Latent Semantics in GANs",
https://arxiv.org/abs/2007.06600, section 3.2 (SeFa); Härkönen, Hertzmann, Lehtinen and
Paris, 2020, "GANSpace: Discovering Interpretable GAN Controls",
https://arxiv.org/abs/2004.02546, section 3.2.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.explore.codes import (
    as_codes,
    check_model,
    class_suffix,
    decode,
    draw_codes,
    prior_scale,
    row_labels,
)
from kerasgen.explore.result import Exploration
from kerasgen.layers.labels import join_label_vector
from kerasgen.training import averages

METHODS = ("sefa", "ganspace")


def find_directions(
    model, method="sefa", count=5, layer=None, num_samples=1000, labels=None, seed=0
):
    """Returns directions among codes, found without labels or images.

    `"sefa"`: the eigenvectors of `A^T A`, where `A` is the matrix of the first dense
    layer of the generator, from codes to its units. It looks at no code.

    `"ganspace"`: the principal components of a layer's activations of `num_samples`
    codes of the prior, and by least squares the codes that go with each. Of a linear
    first layer and a prior alike in all latents these are SeFa's but for the chance of
    the draw; behind an activation they differ.

    Args:
        model: a model that decodes codes of `latent_dim` values, by a network whose
            first layer is dense.
        method: `"sefa"` or `"ganspace"`. Defaults to `"sefa"`.
        count: int, at most `latent_dim`. How many, the strongest first.
        layer: name of the layer of `model.generator` or `model.decoder` that
            `"ganspace"` looks at; None for the first dense one.
        num_samples: int. Codes that `"ganspace"` draws. Defaults to `1000`.
        labels: int, the class that `"ganspace"` shows a conditional model.
        seed: int. Of those codes.

    Returns:
        two float32 arrays: unit vectors `(count, latent_dim)`, each with a positive
        largest entry; and `(count,)`, their eigenvalues, or the variance of each
        principal component.
    """
    check_model(model)
    check_choice("method", method, METHODS)
    check_int("count", count)
    if count > model.latent_dim:
        raise ValueError(
            f"`count` must be at most {model.latent_dim}, the size of a code. "
            f"Received: count={count}"
        )
    model.sync()
    if method == "sefa":
        if layer is not None:
            raise ValueError(
                "`layer` must be None for SeFa, which looks at the first one. "
                f"Received: layer={layer!r}"
            )
        kernel = first_kernel(model)[: model.latent_dim].astype("float64")
        values, vectors = np.linalg.eigh(kernel @ kernel.T)
        found, strength = vectors.T[::-1][:count], values[::-1][:count]
    else:
        check_int("num_samples", num_samples, model.latent_dim + 1)
        z = draw_codes(model, num_samples, seed)
        y = _activations(model, layer, z, labels)
        found, strength = _regressed(y.astype("float64"), z.astype("float64"), count)
    largest = np.abs(found).argmax(axis=1)
    signs = np.sign(found[np.arange(len(found)), largest])
    found = found * signs[:, None] / np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype("float32"), strength.astype("float32")


def directions(
    model,
    method="sefa",
    count=5,
    steps=7,
    reach=3.0,
    start=None,
    layer=None,
    num_samples=1000,
    labels=None,
    seed=0,
):
    """Moves a code along the directions of `find_directions`: a row for each.

    Args:
        model, method, count, layer, num_samples: as there.
        steps: int, images of a row. Defaults to `7`.
        reach: float. How far to both sides, in deviations of the prior along the
            direction. Defaults to `3.0`.
        start: code `(latent_dim,)` or image in the middle of all rows; None for one
            that is drawn.
        labels: int, for a conditional model.
        seed: int. Of what is drawn.

    Returns:
        `Exploration`. `facts`: `"directions"` and `"strengths"` as there; `"amounts"`
        `(steps,)`, in deviations of the prior.
    """
    check_int("steps", steps, 2)
    check_number("reach", reach, 0.0)
    found, strengths = find_directions(
        model, method, count, layer, num_samples, labels, seed
    )
    if start is None:
        start = draw_codes(model, 1, seed)
    start = as_codes(model, start, labels, "start")
    if len(start) != 1:
        raise ValueError(
            f"`start` must be one code or one image. Received: {len(start)} of them"
        )
    amounts = np.linspace(-reach, reach, steps).astype("float32")
    spread = np.sqrt((found**2) @ prior_scale(model)[1] ** 2)
    moves = spread[:, None, None] * amounts[:, None] * found[:, None]
    codes = (start[0] + moves).astype("float32")
    labels = row_labels(model, labels, count)
    name = {"sefa": "SeFa", "ganspace": "GANSpace"}[method]
    title = f"{type(model).__name__}: directions by {name}, in deviations of the prior"
    return Exploration(
        decode(model, codes, labels),
        codes,
        {"directions": found, "strengths": strengths, "amounts": amounts},
        title=title + class_suffix(model, labels),
        row_labels=[f"direction {i}" for i in range(count)],
        column_labels=amounts,
        fields=getattr(model, "fields", None),
    )


def first_kernel(model):
    """Returns the kernel of the layer that sees codes, a NumPy array.

    Its first rows are of the latents, further ones of one-hot labels.
    """
    kernel = _first_layer(model).kernel
    with averages.scope(model):
        return np.array(ops.convert_to_numpy(kernel.value))


def _network(model):
    return model.decoder if hasattr(model, "decode") else model.generator


def _first_layer(model):
    """Returns the first layer of a network with a kernel, which must fit codes."""
    allowed = (model.latent_dim, model.latent_dim + (model.decoder_classes or 0))
    network = _network(model)
    layers = network._flatten_layers(include_self=False)
    layers = [layer for layer in layers if getattr(layer, "kernel", None) is not None]
    if isinstance(network, keras.Model):  # in the order in which they are run
        layers = layers[:1]
    layers = [layer for layer in layers if len(layer.kernel.shape) == 2]
    layers = [layer for layer in layers if layer.kernel.shape[0] in allowed]
    if len(layers) == 1:
        return layers[0]
    raise TypeError(
        "`model` must have a generator whose first layer is dense and takes codes. "
        f"Received: model of type {type(model).__name__}"
    )


def _activations(model, layer, z, labels):
    """Returns what a layer makes of codes, float32 `(n, units)`."""
    network = _network(model)
    if not hasattr(network, "get_layer"):
        raise TypeError(
            "`model` must have a generator of known layers for GANSpace. "
            f"Received: model of type {type(model).__name__}"
        )
    layer = _first_layer(model) if layer is None else network.get_layer(layer)
    labels = row_labels(model, labels, len(z))
    part = keras.Model(network.inputs, layer.output)
    found = []
    for start in range(0, len(z), 256):
        rows = ops.convert_to_tensor(z[start : start + 256])
        told = None if labels is None else labels[start : start + 256]
        if len(network.inputs) == 2:
            inputs = [rows, ops.convert_to_tensor(told)]
        else:
            inputs = join_label_vector(rows, told, model.decoder_classes)
        with averages.scope(model):
            outputs = ops.stop_gradient(part(inputs, training=False))
        found.append(ops.convert_to_numpy(outputs).reshape(len(rows), -1))
    return np.concatenate(found)


def _regressed(y, z, count):
    """Returns the codes of principal components, not normalised, and variances.

    Args:
        y: activations, float64 `(n, units)`.
        z: codes, float64 `(n, latent_dim)`.
        count: int.
    """
    y, z = y - y.mean(axis=0), z - z.mean(axis=0)
    if y.shape[1] <= len(y):
        values, vectors = np.linalg.eigh(y.T @ y)
        scores = y @ vectors[:, ::-1][:, :count]
    else:  # the same scores, by the smaller of the two matrices
        values, vectors = np.linalg.eigh(y @ y.T)
        scores = vectors[:, ::-1][:, :count] * np.sqrt(values[::-1][:count])
    strengths = values[::-1][:count] / len(y)
    if len(strengths) < count or strengths[-1] <= 1e-12 * max(strengths[0], 1e-300):
        raise ValueError(
            "`count` must be at most the number of components that vary. "
            f"Received: count={count}"
        )
    return np.linalg.lstsq(scores, z, rcond=None)[0], strengths
