"""Figures of trained models."""

from kerasgen.metrics.disentanglement import (
    beta_vae_score,
    dci,
    disentanglement_scores,
    encode_factors,
    factor_vae_score,
    mutual_information_gap,
    sap_score,
)
from kerasgen.metrics.matching import match_clusters
from kerasgen.metrics.parzen import parzen_log_prob, parzen_window

__all__ = [
    "beta_vae_score",
    "dci",
    "disentanglement_scores",
    "encode_factors",
    "factor_vae_score",
    "match_clusters",
    "mutual_information_gap",
    "parzen_log_prob",
    "parzen_window",
    "sap_score",
]


def __dir__():
    return __all__
