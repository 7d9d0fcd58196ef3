"""Total correlation: what the values of a code know of each other, in nats.

With `q(z) = 1/N sum_n q(z|x_n)`, the aggregated posterior, the divergence splits into
three (Chen et al., 2018, "Isolating Sources of Disentanglement in Variational
Autoencoders", https://arxiv.org/abs/1802.04942, equation 2):

    E_n KL(q(z|x_n) || p(z)) = I(z; n)                        mutual information
                             + KL(q(z) || prod_j q(z_j))      total correlation
                             + sum_j KL(q(z_j) || p(z_j))     dimension-wise KL
"""

import math

from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.losses.likelihoods import float32

ESTIMATORS = ("weighted", "stratified")


def kl_decomposition(z, mean, log_variance, dataset_size, estimator="weighted"):
    """Estimates the three parts of the divergence from `N(0, I)` from one batch.

    With `log q(z)` and `log q(z_j)` of `aggregate_log_densities`. The sum of the parts
    is `log q(z|x) - log p(z)`, averaged over the batch, whatever their errors.

    Args:
        z: float tensor `(batch, latents)`, one sample of `q(z|x)` an image.
        mean, log_variance: float tensors like `z`, of the posteriors.
        dataset_size: int. Images in the training set, `N`.
        estimator: `"weighted"` or `"stratified"`.

    Returns:
        mutual information, total correlation and dimension-wise KL, float32 scalars.
    """
    z, mean, log_variance = float32(z), float32(mean), float32(log_variance)
    posterior = ops.sum(_log_normal(z, mean, log_variance), axis=-1)
    prior = ops.sum(_log_normal(z, 0.0, ops.zeros_like(z)), axis=-1)
    joint, marginals = aggregate_log_densities(
        z, mean, log_variance, dataset_size, estimator
    )
    product = ops.sum(marginals, axis=-1)
    return (
        ops.mean(posterior - joint),
        ops.mean(joint - product),
        ops.mean(product - prior),
    )


def aggregate_log_densities(z, mean, log_variance, dataset_size, estimator):
    """Estimates `log q(z)`, `(batch,)`, and `log q(z_j)`, `(batch, latents)`.

    Both are `log sum_k w_ik q(z_i|x_k)` over the batch of `M` images, from a data set
    of `N`:

    - `"weighted"` (minibatch-weighted sampling, equation 5): `w_ik = 1 / (N M)`. Where
      `z_i` is likely under several posteriors this is `log N` too low, so that of `D`
      latents the mutual information comes out `log N` too high, the total correlation
      `(D - 1) log N` too high and the dimension-wise KL `D log N` too low; a constant
      has no gradient.
    - `"stratified"` (appendix C.2): `w_ii = 1 / N`, else `(N - 1) / (N (M - 1))`, the
      average over which image is the last. Unbiased of `q(z)`; exact for `M = N`.

    Arguments as in `kl_decomposition`.
    """
    check_choice("estimator", estimator, ESTIMATORS)
    z, mean, log_variance = float32(z), float32(mean), float32(log_variance)
    terms = _log_normal(z[:, None], mean[None], log_variance[None])  # (i, k, latents)
    batch = ops.shape(z)[0]
    size = float32(batch)
    if estimator == "weighted":
        weights = -math.log(dataset_size) - ops.log(size)
    else:
        others = math.log(max(dataset_size - 1, 1) / dataset_size)
        others = others - ops.log(ops.maximum(size - 1.0, 1.0))
        own = ops.eye(batch, dtype="float32")
        weights = own * -math.log(dataset_size) + (1.0 - own) * others
        weights = weights[:, :, None]
    marginals = ops.logsumexp(terms + weights, axis=1)
    joint = ops.sum(terms, axis=-1, keepdims=True) + weights
    return ops.logsumexp(joint, axis=1)[:, 0], marginals


def permute_latents(z, uniform):
    """Shuffles each latent over the batch on its own: `prod_j q(z_j)` from `q(z)`.

    Kim and Mnih, 2018, https://arxiv.org/abs/1802.05983, algorithm 1.

    Args:
        z: float tensor `(batch, latents)`.
        uniform: tensor of that shape of independent `U(0, 1)` noise, whose order is
            the permutation.
    """
    return ops.take_along_axis(z, ops.argsort(uniform, axis=0), axis=0)


def _log_normal(z, mean, log_variance):
    scaled = ops.square(z - mean) * ops.exp(-log_variance)
    return -0.5 * (math.log(2.0 * math.pi) + log_variance + scaled)
