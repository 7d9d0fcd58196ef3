"""Annealed importance sampling: `log p(x)` of VAEs by chains from the prior."""

import dataclasses
import math

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.families.bounds import observe
from kerasgen.layers.pixel_likelihood import GaussianPixels
from kerasgen.metrics.annealing import Annealing, generators_of


@dataclasses.dataclass(frozen=True)
class AnnealedEstimate:
    """What `annealed_importance_sampling` returns.

    Attributes:
        log_prob: float64 array `(n,)`, the estimate of each image, in nats.
        standard_error: float64 array `(n,)`, of each by its chains; NaN of one chain.
        effective_chains: float64 array `(n,)`: how many equal weights the weights of an
            image's chains are worth. Near 1 the estimate hangs on one chain: take more
            steps.
        acceptance: float, the share of proposals that were accepted.
    """

    log_prob: np.ndarray
    standard_error: np.ndarray
    effective_chains: np.ndarray
    acceptance: float


def annealed_importance_sampling(
    model,
    x,
    labels=None,
    steps=1000,
    chains=16,
    leapfrog_steps=10,
    seed=0,
    batch_size=None,
    weights=None,
):
    """Estimates `log p(x)` of a VAE without its encoder, in nats an image.

    Each chain begins with a code of the prior and goes through the distributions
    `p(z) p(x|z)^b` to the posterior, `b` from 0 to 1 along a sigmoid, by Hamiltonian
    Monte Carlo at each. The mean of its weights is an unbiased estimate of `p(x)`, so
    that the logarithm's is a lower bound in expectation, tight with many steps whatever
    the posterior's form is. The lengths of leapfrog steps are found beforehand, for an
    acceptance of 0.65, by chains on images that the model draws itself: so they depend
    on the model, `steps` and `seed` alone, and no image's estimate on the others.

    Args:
        model: VAE, a `VariationalModel`.
        x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`, or
            points. Dynamic binarisation draws them once, by `seed`, to the pixels of
            `model.log_prob` with that seed.
        labels: ints `(n,)` for a conditional model: of `log p(x|label)` then.
        steps: int >= 1. Distributions after the prior. The paper takes 10,000. With 1
            it is plain importance sampling from the prior.
        chains: int >= 1. Chains an image.
        leapfrog_steps: int >= 1. Of a proposal.
        seed: int. Image `i` gets the same noise whatever the batch size.
        batch_size: int or None. Chains a call. Defaults to 1024.
        weights: `"average"`, `"raw"`, or None for the averages where kept.

    Returns:
        `AnnealedEstimate`.

    Raises:
        TypeError: if the model is no VAE.

    Reference: Neal, 2001, https://arxiv.org/abs/physics/9803008; Wu, Burda,
        Salakhutdinov and Grosse, 2017, https://arxiv.org/abs/1611.04273, section 3.
    """
    annealing = Annealing(model, steps, chains, leapfrog_steps, batch_size, weights)
    arrays = model.image_arrays(x, labels)
    lengths = annealing.find_lengths(check_int("seed", seed, 0))
    generators = generators_of(seed, len(arrays[0]))
    pixels = [np.random.default_rng([seed, i]) for i in range(len(arrays[0]))]
    arrays[0] = observe(model, arrays[0], pixels)
    z = annealing.prior_codes(generators, arrays[1:])
    log_weights, accepted = annealing.run(arrays, z, lengths, generators)
    return _estimate(log_weights, accepted, 1.0)


def bidirectional_monte_carlo(
    model,
    num_images=50,
    labels=None,
    steps=1000,
    chains=16,
    leapfrog_steps=10,
    seed=0,
    batch_size=None,
    weights=None,
):
    """Bounds `log p(x)` of a model's own images from both sides, by annealing.

    Of an image that the model draws, the code it was drawn from is an exact sample of
    its posterior. Chains from there back to the prior give an upper bound of `log p(x)`
    in expectation as those from the prior give a lower one.

    Args:
        model: as in `annealed_importance_sampling`. Gaussian pixels are refused where
            images are clipped to `[0, 1]`, which are no exact draws.
        num_images: int. Images that are drawn.
        labels: ints `(num_images,)`, or None: a conditional model's are drawn.
        steps, chains, leapfrog_steps, seed, batch_size, weights: as there.

    Returns:
        two `AnnealedEstimate`, the lower and the upper one, of the same images.

    Reference: Grosse, Ghahramani and Adams, 2015, https://arxiv.org/abs/1511.02543; Wu
        et al., 2017, section 3.2.
    """
    annealing = Annealing(model, steps, chains, leapfrog_steps, batch_size, weights)
    if isinstance(model.pixels, GaussianPixels) and model.pixels.bounded:
        raise ValueError(
            "`model` must draw pixels that are not clipped. Received: a model with "
            "likelihood='gaussian' of images"
        )
    check_int("num_images", num_images)
    lengths = annealing.find_lengths(check_int("seed", seed, 0))
    arrays, codes = annealing.simulate(num_images, seed, labels)
    estimates = []
    for backwards in (False, True):
        generators = generators_of(seed, num_images, 2 + backwards)
        if backwards:
            z = np.repeat(codes[:, None], annealing.chains, axis=1)
        else:
            z = annealing.prior_codes(generators, arrays[1:])
        found = annealing.run(arrays, z, lengths, generators, backwards)
        estimates.append(_estimate(*found, -1.0 if backwards else 1.0))
    return tuple(estimates)


def _estimate(log_weights, acceptance, sign):
    """Returns the estimate of `log p(x)`, of weights whose mean is `p(x)^sign`."""
    chains = log_weights.shape[1]
    top = log_weights.max(axis=1, keepdims=True)
    relative = np.exp(log_weights - top)
    mean = relative.mean(axis=1)
    error = np.full(len(mean), np.nan)
    if chains > 1:
        error = relative.std(axis=1, ddof=1) / math.sqrt(chains) / mean
    return AnnealedEstimate(
        sign * (np.log(mean) + top[:, 0]),
        error,
        relative.sum(axis=1) ** 2 / np.square(relative).sum(axis=1),
        acceptance,
    )
