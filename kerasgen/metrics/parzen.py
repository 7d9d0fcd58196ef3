"""Parzen-window log-likelihood: Gaussians around a model's samples, scored on images.

Breuleux, Bengio and Vincent, 2011, "Quickly Generating Representative Samples from an
RBM-Derived Process"; the protocol of Goodfellow et al., 2014,
https://arxiv.org/abs/1406.2661. Theis, van den Oord and Bethge, 2016,
https://arxiv.org/abs/1511.01844, show why it ranks models badly: it is good for the
comparison with papers that give it alone. It rises with the number of samples: compare
figures of the same number only. 10,000 real images of MNIST score 243 nats.
"""

import math

import numpy as np

from kerasgen.arguments import check_int, check_number

SIGMAS = tuple(np.logspace(-1.0, 0.0, 10))
_CHUNK = 1 << 24  # distances held at once


def parzen_log_prob(samples, x, sigma):
    """Returns `log 1/n sum_i N(x; samples_i, sigma^2 I)` of each `x`, in nats.

    Computed in float64, in chunks: memory does not grow with the number of images.

    Args:
        samples: array `(n, ...)`, uint8 images, or floats.
        x: array `(m, ...)`, likewise.
        sigma: float > 0.

    Returns:
        float64 array `(m,)`.
    """
    return _log_probs(*_flat_pair(samples, x), [sigma])[0]


def parzen_window(samples, validation, test, sigmas=SIGMAS, num_validation=1000):
    """Returns the mean log-likelihood of test images, the width chosen by others.

    The width is the one of `sigmas` with the highest mean on the first
    `num_validation` images of `validation`, which must not be the test images.

    Args:
        samples: array `(n, height, width, channels)`, drawn from a model: uint8, or
            floats in `[0, 1]`; the literature's `n` is 10,000.
        validation: array of images, likewise.
        test: array of images, likewise.
        sigmas: sequence of floats. Defaults to 10 from 0.1 to 1, by equal factors.
        num_validation: int. Defaults to `1000`.

    Returns:
        dict: `parzen` (the mean over test images, nats), `parzen_standard_error` (of
        that mean), `parzen_sigma`, `parzen_samples` (their number) and
        `parzen_images`.
    """
    check_int("num_validation", num_validation)
    if len(sigmas) == 0:
        raise ValueError("`sigmas` must hold a width. Received: sigmas=()")
    centres, held_out = _flat_pair(samples, validation[:num_validation])
    means = np.mean(_log_probs(centres, held_out, sigmas), axis=1)
    sigma = float(sigmas[int(np.argmax(means))])
    found = parzen_log_prob(samples, test, sigma)
    return {
        "parzen": float(found.mean()),
        "parzen_standard_error": float(found.std() / math.sqrt(len(found))),
        "parzen_sigma": sigma,
        "parzen_samples": len(samples),
        "parzen_images": len(found),
    }


def _flat_pair(samples, x):
    samples, x = np.asarray(samples), np.asarray(x)
    if not len(samples) or not len(x) or samples.shape[1:] != x.shape[1:]:
        raise ValueError(
            "`samples` must have the shape of the images, and neither be empty. "
            f"Received: samples of shape {samples.shape}, images of shape {x.shape}"
        )
    return _flat(samples), _flat(x)


def _flat(x):
    scale = 255.0 if x.dtype == np.uint8 else 1.0
    return x.reshape(len(x), -1).astype("float64") / scale


def _log_probs(samples, x, sigmas):
    """Returns the log-probabilities for each width, `(sigmas, m)`."""
    sigmas = [check_number("sigma", sigma, 1e-12) for sigma in sigmas]
    centre = samples.mean(axis=0)  # smaller numbers cancel less
    samples, x = samples - centre, x - centre
    norms = np.sum(samples**2, axis=1)
    rows, parts = max(1, _CHUNK // len(samples)), []
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        squares = np.sum(part**2, axis=1)[:, None] + norms - 2.0 * part @ samples.T
        squares = np.maximum(squares, 0.0)
        parts.append([_log_mean_exp(-squares / (2.0 * s**2)) for s in sigmas])
    constants = x.shape[1] * np.log(np.array(sigmas) * math.sqrt(2.0 * math.pi))
    return np.concatenate(parts, axis=1) - constants[:, None]


def _log_mean_exp(x):
    largest = x.max(axis=1)
    return largest + np.log(np.mean(np.exp(x - largest[:, None]), axis=1))
