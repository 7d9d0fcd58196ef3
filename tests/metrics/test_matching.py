"""Clusters matched with classes: the best of all permutations."""

import itertools

import numpy as np
import pytest

from kerasgen.metrics import match_clusters

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
