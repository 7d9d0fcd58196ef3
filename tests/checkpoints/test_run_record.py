"""Settings of a checkpoint against those of the run that goes on from it."""

import keras
import pytest

from kerasgen.autoencoders import VAE, VQVAE2
from kerasgen.checkpoints.run_record import completed, differences, settings

pytestmark = pytest.mark.any_backend


def saved_by(model, *lost):
    """What a version that did not know some arguments would have saved."""
    saved = settings(model)
    for name in lost:
        del saved["model"][name]
    return saved


def test_an_argument_that_is_new_counts_as_its_default():
    model = VAE((4, 4, 1), latent_dim=2, hidden_widths=(3,))
    model.compile()
    now = settings(model)
    saved = saved_by(model, "kl_weight", "latent_dim")
    assert differences(saved, now)[0]  # as it is
    hard, _ = differences(completed(saved, now, model), now)
    assert hard == {"model.latent_dim": (VAE((4, 4, 1)).latent_dim, 2)}
    other = VAE((4, 4, 1), latent_dim=2, hidden_widths=(3,), kl_weight=2.0)
    other.compile()
    saved = saved_by(model, "kl_weight")
    hard, _ = differences(completed(saved, settings(other), other), settings(other))
    assert hard == {"model.kl_weight": (1.0, 2.0)}


def test_compiled_priors_are_those_of_the_parts():
    sizes = {"num_codes": 3, "code_dim": 2, "filters": 2, "blocks": 0}
    sizes |= {"downsamplings": 1, "prior_filters": 2, "prior_blocks": 0}
    model = VQVAE2((4, 4, 1), **sizes)
    model.compile()
    model.priors[1].compile(keras.optimizers.SGD(0.5))
    now = settings(model)
    saved = settings(model)
    saved["compile"]["priors"] = list(saved["compile"].pop("parts").values())
    assert not differences(completed(saved, now, model), now)[0]
    model.priors[1].compile(keras.optimizers.SGD(0.25))
    now = settings(model)
    hard, _ = differences(completed(saved, now, model), now)
    assert len(hard) == 1 and list(hard.values()) == [(0.5, 0.25)]
