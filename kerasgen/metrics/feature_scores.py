"""Which scores there are of images, and what each of them needs."""

import numpy as np

from kerasgen.metrics.accuracy_scores import classification_accuracy
from kerasgen.metrics.frechet import frechet_distance
from kerasgen.metrics.inception_scores import inception_score
from kerasgen.metrics.kernel import kernel_distance
from kerasgen.metrics.manifolds import density_coverage, precision_recall
from kerasgen.metrics.means import mean_figures
from kerasgen.metrics.memorisation import memorisation_scores
from kerasgen.metrics.model_paths import model_path_length
from kerasgen.metrics.modes import class_coverage
from kerasgen.metrics.scored import SampleScore
from kerasgen.metrics.sliced_wasserstein import image_sliced_wasserstein
from kerasgen.metrics.structural_similarity import ms_ssim_diversity, ssim


def _likeness_of_pairs(case):
    """Returns how near translated images are to the targets of their pairs."""
    samples, targets = case.samples.x, case.real.x
    errors = np.abs(samples.astype("float64") - targets).mean(axis=(1, 2, 3)) / 255.0
    return {
        **mean_figures("absolute_error", errors),
        **mean_figures("ssim", ssim(samples, targets)),
    }


def _network_of_path(case):
    """Returns the network that tells how far images are apart that are not rounded."""
    return case.network if hasattr(case.network, "unrounded") else None


def _path_length(case):
    return model_path_length(
        case.model,
        _network_of_path(case),
        len(case.samples.x),
        case.samples.labels,
        case.seed,
    )


def _accuracy(case):
    found = classification_accuracy(
        case.samples.x,
        case.samples.labels,
        case.train.x,
        case.train.labels,
        case.real.x,
        case.real.labels,
        case.model.num_classes,
    )
    real = found["accuracy_trained_on_real"]
    return found | {f"{name}_of_real": real for name in _ACCURACIES}


_ACCURACIES = {
    "accuracy_trained_on_samples": "higher",
    "accuracy_tested_on_samples": "like real",
}


def _classes(case):
    logits = case.samples.logits
    return class_coverage(np.argmax(logits, axis=1), logits.shape[1])


FEATURE_SCORES = {
    "frechet_distance": SampleScore(
        lambda case: frechet_distance(case.real.features, case.samples.features),
        {"frechet_distance": "lower"},
        ("features",),
        by_class=True,
    ),
    "kernel_distance": SampleScore(
        lambda case: kernel_distance(
            case.real.features, case.samples.features, seed=case.seed
        ),
        {"kernel_distance": "lower"},
        ("features",),
        by_class=True,
    ),
    "inception_score": SampleScore(
        lambda case: inception_score(
            case.samples.logits, min(10, len(case.samples.logits)), case.seed
        ),
        {"inception_score": "higher"},
        ("logits",),
    ),
    "precision_recall": SampleScore(
        lambda case: precision_recall(case.real.features, case.samples.features),
        {"precision": "higher", "recall": "higher"},
        ("features",),
        by_class=True,
    ),
    "density_coverage": SampleScore(
        lambda case: density_coverage(case.real.features, case.samples.features),
        {"density": "higher", "coverage": "higher"},
        ("features",),
        by_class=True,
    ),
    "classes": SampleScore(
        _classes,
        {"modes": "higher", "reverse_kl": "lower"},
        ("logits",),
    ),
    "memorisation": SampleScore(
        lambda case: memorisation_scores(
            case.samples.features, case.train.features, case.real.features
        ),
        {"memorisation_ratio": "like real", "exact_copies": "lower"},
        ("features", "train"),
        of_real=False,
        by_class=True,
        reasons={
            "memorisation_ratio": "more than half of the real examples are copies of "
            "training examples"
        },
    ),
}
PICTURE_SCORES = {
    "ms_ssim": SampleScore(
        lambda case: ms_ssim_diversity(case.samples.x, seed=case.seed),
        {"ms_ssim": "like real"},
        by_class=True,
    ),
    "sliced_wasserstein": SampleScore(
        lambda case: image_sliced_wasserstein(
            case.real.x, case.samples.x, seed=case.seed
        ),
        {"sliced_wasserstein": "lower"},
        ("patches",),
        by_class=True,
    ),
    "pairs": SampleScore(
        _likeness_of_pairs,
        {"absolute_error": "lower", "ssim": "higher"},
        ("pairs",),
        of_real=False,
    ),
    "perceptual_path_length": SampleScore(
        _path_length,
        {"perceptual_path_length": "lower"},
        ("latents",),
        of_real=False,
        space=lambda case: getattr(_network_of_path(case), "name", "pixels"),
    ),
    "classification_accuracy": SampleScore(
        _accuracy,
        _ACCURACIES,
        ("labels", "train"),
        of_real=False,
        is_slow=True,
    ),
}
