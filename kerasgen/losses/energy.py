"""Losses of discriminators that are autoencoders: what they say is an error.

`real` and `fake` are errors of reconstruction, `(batch,)` or `(batch, 1)`: low is
real. Every loss is a float32 scalar, a mean over the batch, to be minimised.
"""

from keras import ops

from kerasgen.losses.likelihoods import float32


def _mean(x):
    return ops.mean(float32(x))


def energy_discriminator(real, fake, margin):
    """`E e(x) + E max(0, m - e(G(z)))` (Zhao et al., 2017, eq. 1).

    "Energy-based Generative Adversarial Network", https://arxiv.org/abs/1609.03126. At
    the equilibrium it is `m` (theorem 1).

    Args:
        real, fake: as in this module.
        margin: float, `m`, above 0, in units of the error: for a mean over pixels it is
            smaller than for a sum or a norm.
    """
    return _mean(real) + _mean(ops.relu(margin - float32(fake)))


def energy_generator(fake):
    """`E e(G(z))` (Zhao et al., 2017, eq. 2)."""
    return _mean(fake)


def repelling_term(codes):
    """`1 / (N (N - 1)) sum_i sum_{j != i} cos(s_i, s_j)^2` (Zhao et al., 2017, eq. 4).

    The pulling-away term of the generator's loss: 0 for orthogonal codes, 1 for
    parallel ones, whatever their lengths. The paper's weight is 0.1.

    Args:
        codes: float tensor `(batch, ...)`, what the encoder makes of generated
            examples, at least two.

    Returns:
        float32 scalar in `[0, 1]`.
    """
    codes = float32(codes)
    codes = ops.reshape(codes, (ops.shape(codes)[0], -1))
    squared = ops.sum(ops.square(codes), axis=-1, keepdims=True)
    codes = codes * ops.rsqrt(ops.maximum(squared, 1e-12))
    cosines = ops.matmul(codes, ops.transpose(codes))
    count = float32(ops.shape(codes)[0])
    others = 1.0 - ops.eye(ops.shape(codes)[0], dtype="float32")
    pairs = ops.maximum(count * (count - 1.0), 1.0)  # one code has none
    return ops.sum(ops.square(cosines) * others) / pairs


def equilibrium_discriminator(real, fake, k):
    """`E L(x) - k E L(G(z))` (Berthelot et al., 2017, section 3.4).

    "BEGAN: Boundary Equilibrium Generative Adversarial Networks",
    https://arxiv.org/abs/1703.10717.

    Args:
        real, fake: as in this module; the paper's are means of absolute differences.
        k: float scalar in `[0, 1]`, which `next_balance` moves.
    """
    return _mean(real) - float32(k) * _mean(fake)


def equilibrium_generator(fake):
    """`E L(G(z))` (Berthelot et al., 2017, section 3.4)."""
    return _mean(fake)


def next_balance(k, real, fake, gamma=0.5, rate=0.001):
    """`clip(k + lambda (gamma E L(x) - E L(G(z))), 0, 1)` (Berthelot et al., 3.4).

    Args:
        k: float scalar, which starts from 0.
        real, fake: as in this module.
        gamma: float in `[0, 1]`. The ratio `E L(G(z)) / E L(x)` to be held; less gives
            better images and less variety.
        rate: float, `lambda`.

    Returns:
        float32 scalar, without gradient.
    """
    moved = float32(k) + rate * (gamma * _mean(real) - _mean(fake))
    return ops.stop_gradient(ops.clip(moved, 0.0, 1.0))


def convergence_measure(real, fake, gamma=0.5):
    """`M = E L(x) + |gamma E L(x) - E L(G(z))|` (Berthelot et al., 2017, 3.4.1).

    Arguments as in `next_balance`.
    """
    return _mean(real) + ops.abs(gamma * _mean(real) - _mean(fake))
