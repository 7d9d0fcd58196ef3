"""Clusters matched with classes: the best of all permutations."""

import itertools

import numpy as np
import pytest

from kerasgen.metrics import match_clusters, own_is_nearest

pytestmark = pytest.mark.any_backend


def test_it_is_the_best_of_all_permutations():
    generator = np.random.default_rng(0)
    for _ in range(5):
        clusters, classes = generator.integers(0, 4, (2, 60))
        found = match_clusters(clusters, classes, 4, 4)
        assert sorted(found) == [0, 1, 2, 3]
        hits = [
            np.sum(np.array(p)[clusters] == classes)
            for p in itertools.permutations(range(4))
        ]
        assert np.sum(found[clusters] == classes) == max(hits)


def test_the_largest_class_of_each_cluster_is_not_enough():
    """Two clusters share their largest class: one has to take another."""
    clusters = np.repeat([0, 0, 1, 1], [5, 4, 5, 1])
    classes = np.repeat([0, 1, 0, 1], [5, 4, 5, 1])
    np.testing.assert_array_equal(match_clusters(clusters, classes), [1, 0])


def test_clusters_too_many_have_no_class():
    found = match_clusters([0, 1, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1], 4)
    np.testing.assert_array_equal(found, [-1, 0, 1, -1])


@pytest.mark.parametrize(
    "args", [([0.5], [1]), ([], []), ([0, 1], [0]), ([-1], [0]), ([3], [0], 3)]
)
def test_what_is_no_clustering_is_refused(args):
    with pytest.raises(ValueError, match="Received"):
        match_clusters(*args)


def test_the_own_target_is_nearest_or_not_and_ties_do_not_count():
    targets = np.array([[0.0, 0.0], [1.0, 0.0], [4.0, 4.0], [4.0, 4.0]])
    found = targets + [[0.4, 0.1], [-0.6, 0.0], [0.0, 0.0], [9.0, 9.0]]
    np.testing.assert_array_equal(
        own_is_nearest(found, targets), [True, False, False, False]
    )
    assert own_is_nearest(targets[:3].reshape(3, 1, 2), targets[:3, None]).all()


def test_by_chance_one_of_n_is_found():
    found, targets = np.random.default_rng(0).normal(size=(2, 400, 3))
    assert own_is_nearest(found, targets).mean() == pytest.approx(1 / 400, abs=0.01)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), ()])
def test_targets_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="`targets` must.*Received: targets of shape"):
        own_is_nearest(np.zeros((3, 3) if shape else ()), np.zeros(shape))
