"""Penalties on codes: how rarely they fire, how little they follow the input."""

import math

from keras import ops

from kerasgen import backend
from kerasgen.losses.likelihoods import float32, sum_per_example

_MARGIN = 1e-6  # rates are held so far from 0 and 1


def rate_divergence(codes, target):
    """`sum_j KL(target || r_j)` of Bernoulli rates, the batch means `r_j` of codes.

    `KL = t log(t / r) + (1 - t) log((1 - t) / (1 - r))`, 0 where the rates are equal
    (Ng, 2011, "Sparse autoencoder", lecture notes; after Lee, Ekanadham and Ng, 2008).

    Args:
        codes: float tensor `(batch, units)` in `[0, 1]`.
        target: float in `(0, 1)`.

    Returns:
        float32 scalar, in nats.
    """
    rates = ops.clip(ops.mean(float32(codes), axis=0), _MARGIN, 1.0 - _MARGIN)
    on = target * (math.log(target) - ops.log(rates))
    off = (1.0 - target) * (math.log1p(-target) - ops.log1p(-rates))
    return ops.sum(on + off)


def sigmoid_jacobian_norm(codes, kernel):
    """`||J||_F^2` of `h = sigmoid(x W + b)`: `sum_j (h_j (1 - h_j))^2 sum_i W_ij^2`.

    Rifai, Vincent, Muller, Glorot and Bengio, 2011, "Contractive Auto-Encoders",
    section 3.

    Args:
        codes: float tensor `(batch, units)`, `h`.
        kernel: float tensor `(inputs, units)`, `W`.

    Returns:
        float32 tensor `(batch,)`.
    """
    slopes = ops.square(float32(codes) * (1.0 - float32(codes)))
    return ops.sum(slopes * ops.sum(ops.square(float32(kernel)), axis=0), axis=-1)


def estimated_jacobian_norm(encoder, x, noise):
    """`||v^T J||^2` for noise `v` from N(0, I): `||J||_F^2` in expectation.

    One gradient whatever the size of the code (Hutchinson's estimate).

    Args:
        encoder: function from a batch to codes `(batch, units)`.
        x: float tensor `(batch, ...)`.
        noise: float tensor `(batch, units)`, `v`.

    Returns:
        float32 tensor `(batch,)`, differentiable.
    """

    def projected(x):
        return ops.sum(float32(encoder(x)) * float32(noise), axis=-1)

    return sum_per_example(ops.square(float32(backend.input_gradient(projected, x))))
