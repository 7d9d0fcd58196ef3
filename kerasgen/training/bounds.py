"""Lower bounds of log p(x) by sampling codes, in bounded memory, repeatable."""

import math

import numpy as np
from keras import ops

from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_sample
from kerasgen.training.arguments import check_int

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
        closed_kl: bool. True gives the ELBO with its divergence in closed form, False
            the importance-weighted bound with sampled `log p(z) - log q(z|x)`.
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
        part[0] = _observe(model, part[0], generators, dequantize)
        bounds.append(
            _bound(model, part, generators, num_samples, rows, weights, closed_kl)
        )
    return np.concatenate(bounds)


def _observe(model, x, generators, dequantize):
    x = ops.convert_to_numpy(model.preprocess(ops.convert_to_tensor(x)))

    def uniform():
        return np.stack([g.random(x.shape[1:], dtype="float32") for g in generators])

    if dequantize and not model.pixels.discrete:
        return ((255.0 * x + uniform()) / 256.0).astype("float32")
    noise = uniform() if model.pixels.observes_noise else None
    return np.array(ops.convert_to_numpy(model.pixels.observe(x, noise)))


def _bound(model, arrays, generators, num_samples, rows, weights, closed_kl):
    x, *labels = arrays
    moments = model.run_in_batches("moments", model.moments, arrays, rows, weights)
    count = min(num_samples, _CODES, rows)
    shape = (count, model.latent_dim)
    key = "elbo_chunk" if closed_kl else "weights_chunk"
    total = np.zeros(len(x)) if closed_kl else np.full(len(x), -np.inf)

    def chunk(x, moments, noise, used, *labels):
        return _chunk(model, x, moments, noise, used, labels, closed_kl)

    for first in range(0, num_samples, count):
        # All chunks have one shape, so that nothing is compiled again.
        left = min(count, num_samples - first)
        noise = np.zeros((len(x), *shape), "float32")
        for i, generator in enumerate(generators):
            noise[i, :left] = generator.standard_normal((left, shape[1]), "float32")
        used = np.broadcast_to(np.arange(count) < left, (len(x), count))
        inputs = [x, moments, noise, used.astype("float32"), *labels]
        part = model.run_in_batches(key, chunk, inputs, max(1, rows // count), weights)
        total = total + part if closed_kl else np.logaddexp(total, part)
    if not closed_kl:
        return total - math.log(num_samples)
    mean, log_variance = np.split(moments, 2, axis=-1)
    divergence = ops.convert_to_numpy(gaussian_kl(mean, log_variance))
    return total / num_samples - divergence


def _chunk(model, x, moments, noise, used, labels, closed_kl):
    """Returns the sum of `log p(x|z)`, or of the weights' logarithm, over codes."""
    batch, count, size = noise.shape
    mean, log_variance = ops.split(moments[:, None, :], 2, axis=-1)
    z = gaussian_sample(mean, log_variance, noise)

    def repeat(tensor):
        return ops.repeat(tensor, count, axis=0)

    rows = ops.reshape(z, (batch * count, size))
    outputs = model.run_decoder(rows, *(repeat(y) for y in labels))
    likelihood = model.pixels.log_prob(repeat(x), outputs)
    likelihood = ops.reshape(likelihood, (batch, count))
    if closed_kl:
        return ops.sum(used * likelihood, axis=1)
    # log p(z) - log q(z|x): both constants cancel, and (z - mean) / deviation = noise.
    ratio = 0.5 * ops.sum(log_variance + ops.square(noise) - ops.square(z), axis=-1)
    log_weights = ops.where(used > 0.5, likelihood + ratio, -float("inf"))
    return ops.logsumexp(log_weights, axis=1)
