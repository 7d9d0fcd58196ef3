"""Inception Score: closed forms and bounds."""

import numpy as np
import pytest

from kerasgen.metrics import inception_score

pytestmark = pytest.mark.any_backend


def test_golden_numbers():
    p = np.array([[0.9, 0.1], [0.1, 0.9]])
    found = inception_score(np.log(p), num_splits=1)
    marginal = p.mean(axis=0)
    expected = np.exp(np.mean(np.sum(p * np.log(p / marginal), axis=1)))
    assert found["inception_score"] == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(1.444935, abs=1e-6)
    sure = 1e4 * np.eye(2)[[0, 0, 0, 1]]
    assert inception_score(sure, 1)["inception_score"] == pytest.approx(1.754765)


def test_the_ends_of_the_scale():
    same = np.tile(np.random.default_rng(0).normal(size=5), (20, 1))
    assert inception_score(same, 1)["inception_score"] == pytest.approx(1.0)
    sure = 1e4 * np.eye(5)[np.arange(20) % 5]
    assert inception_score(sure, 1)["inception_score"] == pytest.approx(5.0)
    none = inception_score(same, num_splits=4)
    assert none["inception_score_spread"] == pytest.approx(0.0)


def test_it_is_the_exponential_of_the_information():
    logits = np.random.default_rng(0).normal(size=(50, 4)) * 2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    marginal = p.mean(axis=0)
    entropy = -np.sum(marginal * np.log(marginal))
    conditional = -np.mean(np.sum(p * np.log(p), axis=1))
    found = inception_score(logits, 1)
    assert found["inception_score"] == pytest.approx(np.exp(entropy - conditional))
    assert found["inception_score_of_all"] == pytest.approx(found["inception_score"])
    assert found["inception_score"] >= 1.0


def test_order_and_copies_change_one_part_alone():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(40, 4)) * 3
    expected = inception_score(logits, 1)["inception_score"]
    for other in (generator.permutation(logits), np.tile(logits, (3, 1)), logits + 7.0):
        found = inception_score(other, 1)["inception_score"]
        assert found == pytest.approx(expected)


def test_the_spread_is_over_parts_drawn_at_random():
    logits = np.random.default_rng(0).normal(size=(40, 4)) * 3
    mixed = np.random.default_rng(5).permutation(logits).reshape(4, 10, 4)
    parts = [inception_score(part, 1)["inception_score"] for part in mixed]
    found = inception_score(logits, 4, seed=5)
    assert found["inception_score"] == pytest.approx(np.mean(parts))
    assert found["inception_score_spread"] == pytest.approx(np.std(parts))


@pytest.mark.parametrize("order", ["sorted", "in turn"])
def test_the_order_of_classes_plays_no_part(order):
    classes = np.arange(1000) % 10
    classes = np.sort(classes) if order == "sorted" else classes
    found = inception_score(1e4 * np.eye(10)[classes])
    assert found["inception_score_of_all"] == pytest.approx(10.0)
    assert found["inception_score"] == pytest.approx(9.6, abs=0.1)
    assert found["inception_score_spread"] < 0.2


@pytest.mark.parametrize("logits", [np.zeros((3, 4)), np.zeros(20), np.zeros((20, 1))])
def test_what_are_no_logits_is_refused(logits):
    with pytest.raises(ValueError, match="Received: logits of shape"):
        inception_score(logits)


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="must be finite"):
        inception_score(np.full((20, 3), np.nan))
