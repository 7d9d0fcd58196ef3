"""Figures of trained models."""

from kerasgen.metrics.accuracy_scores import classification_accuracy
from kerasgen.metrics.annealed_importance import (
    AnnealedEstimate,
    annealed_importance_sampling,
    bidirectional_monte_carlo,
)
from kerasgen.metrics.class_scores import per_class
from kerasgen.metrics.classes import PixelClassifier, within_class_variance
from kerasgen.metrics.disentanglement import (
    beta_vae_score,
    dci,
    disentanglement_scores,
    encode_factors,
    factor_vae_score,
    mutual_information_gap,
    sap_score,
)
from kerasgen.metrics.displacements import displacement_errors, linear_futures
from kerasgen.metrics.feature_networks import FeatureNetwork
from kerasgen.metrics.frechet import frechet_distance, gaussian_frechet_distance
from kerasgen.metrics.inception import Inception
from kerasgen.metrics.inception_scores import inception_score
from kerasgen.metrics.kernel import kernel_distance, squared_mmd
from kerasgen.metrics.manifolds import (
    density_coverage,
    expected_coverage,
    precision_recall,
    realism,
)
from kerasgen.metrics.matching import match_clusters, own_is_nearest
from kerasgen.metrics.melodies import (
    melody_scores,
    polyphony,
    repetitions,
    scale_consistency,
    tone_span,
)
from kerasgen.metrics.memorisation import (
    authenticity,
    birthday_support,
    memorisation_scores,
    nearest_distances,
)
from kerasgen.metrics.model_paths import model_path_length
from kerasgen.metrics.modes import class_coverage, mode_coverage
from kerasgen.metrics.moments import Moments
from kerasgen.metrics.named_networks import feature_network
from kerasgen.metrics.paired import luma, luma_scores, psnr
from kerasgen.metrics.parzen import parzen_log_prob, parzen_window
from kerasgen.metrics.path_length import perceptual_path_length
from kerasgen.metrics.sample_scores import score_samples
from kerasgen.metrics.score_table import SampleScores, Score
from kerasgen.metrics.sliced_wasserstein import (
    image_sliced_wasserstein,
    sliced_wasserstein_distance,
)
from kerasgen.metrics.streaming import SampleMetric
from kerasgen.metrics.structural_similarity import ms_ssim, ms_ssim_diversity, ssim
from kerasgen.metrics.volumes import largest_component_shares, nearest_overlaps

__all__ = [
    "AnnealedEstimate",
    "annealed_importance_sampling",
    "bidirectional_monte_carlo",
    "FeatureNetwork",
    "Inception",
    "Moments",
    "PixelClassifier",
    "SampleMetric",
    "SampleScores",
    "Score",
    "authenticity",
    "beta_vae_score",
    "birthday_support",
    "class_coverage",
    "classification_accuracy",
    "dci",
    "density_coverage",
    "disentanglement_scores",
    "displacement_errors",
    "encode_factors",
    "expected_coverage",
    "factor_vae_score",
    "feature_network",
    "frechet_distance",
    "gaussian_frechet_distance",
    "image_sliced_wasserstein",
    "inception_score",
    "kernel_distance",
    "largest_component_shares",
    "match_clusters",
    "melody_scores",
    "memorisation_scores",
    "mode_coverage",
    "model_path_length",
    "linear_futures",
    "luma",
    "luma_scores",
    "ms_ssim",
    "ms_ssim_diversity",
    "mutual_information_gap",
    "nearest_distances",
    "nearest_overlaps",
    "own_is_nearest",
    "parzen_log_prob",
    "parzen_window",
    "per_class",
    "perceptual_path_length",
    "polyphony",
    "precision_recall",
    "psnr",
    "realism",
    "repetitions",
    "sap_score",
    "scale_consistency",
    "score_samples",
    "sliced_wasserstein_distance",
    "squared_mmd",
    "ssim",
    "tone_span",
    "within_class_variance",
]


def __dir__():
    return __all__
