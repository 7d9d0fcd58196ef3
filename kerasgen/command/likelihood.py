"""What `kerasgen evaluate` says of a model's likelihood, with standard errors."""

import inspect
import math

import numpy as np

from kerasgen.errors import UserError
from kerasgen.families.variational_model import VariationalModel
from kerasgen.metrics import annealed_importance_sampling
from kerasgen.metrics.means import mean_figures


def likelihood_figures(model, dataset, samples=None, steps=None, seed=0):
    """Returns means over the examples and their standard errors, as `mean_figures`.

    `mean_nats`, the negative log-likelihood, where `log_prob` has one by itself;
    `mean_negative_elbo` of a model with that bound; `mean_bits_per_dim` of images by
    either; and what is asked for, both of `log p(x)`:

    Args:
        model: any model.
        dataset: `kerasgen.data.Dataset`.
        samples: int or None. For the importance-weighted bound by so many samples.
        steps: int or None. For annealed importance sampling by so many steps.
        seed: int. Of what is drawn.
    """
    method = getattr(model, "log_prob", None)
    known = () if method is None else inspect.signature(method).parameters
    if samples is not None and "num_samples" not in known:
        raise UserError(
            "--samples must be left out for a model without an importance-weighted "
            f"bound. Received: --samples {samples}, {type(model).__name__}"
        )
    if steps is not None and not isinstance(model, VariationalModel):
        raise UserError(
            "--ais must be left out for a model that is no VAE. "
            f"Received: --ais {steps}, {type(model).__name__}"
        )
    if method is None:
        return {}
    x, labels = dataset.arrays()
    labels = None if model.num_classes is None else labels
    # Whatever draws, draws by this seed.
    drawn = {"seed": seed} if "seed" in known else {}
    found, nats = {}, None
    if "num_samples" not in known:
        nats = -model.log_prob(x, labels, **drawn)
        found |= mean_figures("mean_nats", nats)
    elif hasattr(model, "elbo"):
        nats = -model.elbo(x, labels, **drawn)
        found |= mean_figures("mean_negative_elbo", nats)
    if nats is not None and len(model.image_shape) == 3:
        bits = nats / (math.prod(model.image_shape) * math.log(2.0))
        if getattr(getattr(model, "pixels", None), "discrete", True):
            found |= mean_figures("mean_bits_per_dim", bits)
    if samples is not None:
        bounds = method(x, labels, num_samples=samples, **drawn)
        found |= mean_figures(f"importance_weighted_bound_{samples}", bounds)
    if steps is not None:
        estimate = annealed_importance_sampling(model, x, labels, steps, seed=seed)
        name = f"annealed_importance_sampling_{steps}"
        found |= mean_figures(name, estimate.log_prob)
        chains = np.sqrt(np.sum(estimate.standard_error**2)) / len(x)
        found[f"{name}_error_of_chains"] = float(chains)
        found[f"{name}_acceptance"] = estimate.acceptance
    return found
