"""Scores of each class by itself, as a function of arrays."""

import numpy as np
import pytest

from kerasgen.metrics import frechet_distance, ms_ssim_diversity, per_class

pytestmark = pytest.mark.any_backend


def test_each_class_has_the_score_of_its_own_examples_in_any_order():
    generator = np.random.default_rng(0)
    real, samples = generator.normal(size=(2, 60, 3))
    labels = [generator.integers(0, 3, 60) for _ in range(2)]
    found = per_class(frechet_distance, (real, labels[0]), (samples, labels[1]))
    assert list(found) == [0, 1, 2]
    for k, figures in found.items():
        expected = frechet_distance(real[labels[0] == k], samples[labels[1] == k])
        assert figures == expected
    order = generator.permutation(60)
    again = per_class(
        frechet_distance, (real[order], labels[0][order]), (samples, labels[1])
    )
    for k, figures in found.items():
        assert again[k]["frechet_distance"] == pytest.approx(
            figures["frechet_distance"]
        )


def test_scores_of_one_set_take_options_and_small_classes_are_left_out():
    images = np.random.default_rng(0).random((9, 8, 8, 1))
    labels = np.array([0, 0, 0, 0, 2, 2, 2, 2, 5])
    found = per_class(ms_ssim_diversity, (images, labels), num_pairs=3, seed=7)
    assert list(found) == [0, 2]
    assert found[2] == ms_ssim_diversity(images[4:8], num_pairs=3, seed=7)
    assert list(per_class(len, (images, labels), minimum=1)) == [0, 2, 5]


@pytest.mark.parametrize(
    "sets", [(), ((np.zeros((3, 2)), [0, 1]),), ((np.zeros((2, 2)), [0.0, 1.0]),)]
)
def test_what_has_no_classes_is_refused(sets):
    with pytest.raises(ValueError, match="`sets` must be .*Received"):
        per_class(frechet_distance, *sets)
