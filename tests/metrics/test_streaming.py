"""Scores as Keras metrics: the functions' values, whatever the batches."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.metrics import SampleMetric, feature_network
from kerasgen.metrics.feature_scores import FEATURE_SCORES
from kerasgen.metrics.scored import Case, Scored
from kerasgen.metrics.streaming import SCORES

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def network():
    inputs = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(inputs)
    features = keras.layers.Dense(6)(flat)
    model = keras.Model(inputs, [features, keras.layers.Dense(4)(flat)], name="own")
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    return feature_network(model)


@pytest.fixture(scope="module")
def sets():
    return [
        kerasgen.data.load("digits", s).spread(n)[0]
        for s, n in (("test", 50), ("train", 60))
    ]


@pytest.mark.parametrize("score", SCORES)
def test_batches_give_the_value_of_the_whole(score, network, sets):
    real, samples = sets
    metric = SampleMetric(score, network, seed=3)
    assert metric.name == f"{score}_by_own"
    for part in np.split(real, [7, 30]):
        metric.update_state(real=part)
    for part in np.split(samples, [1, 59]):
        metric.update_state(samples=part)
    expected = FEATURE_SCORES[score].compute(
        Case(*(Scored(None, **network(x)) for x in sets), seed=3)
    )
    assert metric.figures() == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert metric.result() == pytest.approx(next(iter(expected.values())), rel=1e-5)
    metric.reset_state(real=False)
    metric.update_state(samples=samples.astype("float32") / 255)
    assert metric.figures() == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("score", ["frechet_distance", "precision_recall"])
def test_nothing_seen_is_an_error_and_no_number(score, network, sets):
    metric = SampleMetric(score, network)
    for images in ({"real": sets[0]}, {"samples": sets[1]}):
        metric.reset_state()
        metric.update_state(**images)
        with pytest.raises(ValueError, match="Received: (none|0 vectors)"):
            metric.result()


def test_what_is_no_score_or_no_network_is_refused(network):
    with pytest.raises(ValueError, match="`score` must be.*Received"):
        SampleMetric("memorisation", network)
    with pytest.raises(TypeError, match="`network` must be.*Received"):
        SampleMetric("classes", "random")
    random = kerasgen.metrics.feature_networks.random_network((8, 8, 1), 4)
    with pytest.raises(ValueError, match="must be a classifier.*'random'"):
        SampleMetric("inception_score", random)
