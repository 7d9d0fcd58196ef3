"""Lower bounds of log p(x) by sampling codes, in bounded memory, repeatable."""

import math

import numpy as np
from keras import ops

from kerasgen.arguments import check_int

_ROWS = 1024  # codes decoded in a call
_CODES = 64  # codes of one image in a call
_IMAGES = 1024  # images whose noise is held at once


def sampled_bound(
    model,
    x,
    labels,
    num_samples,
    seed,
    batch_size=None,
    weights=None,
    closed_kl=False,
    dequantize=False,
):
    """Returns a lower bound of `log p(x)`, float64 `(n,)`, in nats.

    Args:
        model: `VariationalModel`.
        x, labels, num_samples, seed, batch_size, weights: as in `model.elbo`.
        closed_kl: bool. True gives the ELBO, with its divergence in closed form where
            the model has one, False the importance-weighted bound with sampled
            `log p(z) - log q(z|x)`.
        dequantize: bool. Spreads continuous pixels uniformly over their 256 levels.
    """
    arrays = model.image_arrays(x, labels)
    check_int("num_samples", num_samples)
    check_int("seed", seed, 0)
    rows = _ROWS if batch_size is None else check_int("batch_size", batch_size)
    bounds = []
    for start in range(0, len(arrays[0]), _IMAGES):
        part = [array[start : start + _IMAGES] for array in arrays]
        generators = [
            np.random.default_rng([seed, start + i]) for i in range(len(part[0]))
        ]
        part[0] = observe(model, part[0], generators, dequantize)
        bounds.append(
            _bound(model, part, generators, num_samples, rows, weights, closed_kl)
        )
    return np.concatenate(bounds)


def observe(model, x, generators, dequantize=False):
    """Returns the pixels that are to be explained, as they come or drawn, an array.

    Args:
        model: `VariationalModel`.
        x: checked images or points.
        generators: list of NumPy generators, one for each.
        dequantize: bool. As in `sampled_bound`.
    """
    x = ops.convert_to_numpy(model.preprocess(ops.convert_to_tensor(x)))

    def uniform():
        return np.stack([g.random(x.shape[1:], dtype="float32") for g in generators])

    if dequantize and not model.pixels.discrete:
        return ((255.0 * x + uniform()) / 256.0).astype("float32")
    noise = uniform() if model.pixels.observes_noise else None
    return np.array(ops.convert_to_numpy(model.pixels.observe(x, noise)))


def _bound(model, arrays, generators, num_samples, rows, weights, elbo):
    x, *labels = arrays
    moments = model.run_in_batches("moments", model.moments, arrays, rows, weights)
    divergence = None
    if elbo:
        divergence = _divergence(model, [moments, *labels], rows, weights)
    mode = "weights" if not elbo else "ratio" if divergence is None else "likelihood"
    count = min(num_samples, _CODES, rows)
    shape = (count, model.noise_size)
    total = np.zeros(len(x)) if elbo else np.full(len(x), -np.inf)

    def chunk(x, moments, noise, used, *labels):
        return _chunk(model, x, moments, noise, used, labels, mode)

    for first in range(0, num_samples, count):
        # All chunks have one shape, so that nothing is compiled again.
        left = min(count, num_samples - first)
        noise = np.zeros((len(x), *shape), "float32")
        for i, generator in enumerate(generators):
            noise[i, :left] = generator.standard_normal((left, shape[1]), "float32")
        used = np.broadcast_to(np.arange(count) < left, (len(x), count))
        inputs = [x, moments, noise, used.astype("float32"), *labels]
        key = f"{mode}_chunk"
        part = model.run_in_batches(key, chunk, inputs, max(1, rows // count), weights)
        total = total + part if elbo else np.logaddexp(total, part)
    if not elbo:
        return total - math.log(num_samples)
    return total / num_samples - (0.0 if divergence is None else divergence)


def _divergence(model, arrays, rows, weights):
    """Returns the divergence in closed form, `(n,)`, or None without such a form."""
    if not model.has_divergence:
        return None
    return model.run_in_batches(
        "divergence", model.divergence, arrays, rows, weights
    ).astype("float64")


def _chunk(model, x, moments, noise, used, labels, mode):
    """Returns the sum of `log p(x|z)`, or of the weights' logarithm, over codes."""
    batch, count, size = noise.shape

    def repeat(tensor):
        return ops.repeat(tensor, count, axis=0)

    labels = [repeat(y) for y in labels]
    noise = ops.reshape(noise, (batch * count, size))
    z, ratio = model.draw_code(repeat(moments), noise, *labels)
    likelihood = model.log_likelihood(repeat(x), z, *labels)
    if mode != "likelihood":
        likelihood = likelihood + ratio
    terms = ops.reshape(likelihood, (batch, count))
    if mode != "weights":
        return ops.sum(used * terms, axis=1)
    return ops.logsumexp(ops.where(used > 0.5, terms, -float("inf")), axis=1)
