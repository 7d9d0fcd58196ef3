"""Attributes: what they check, what networks see of them, how a model takes them."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import features
from kerasgen.backend import to_numpy
from kerasgen.data import Dataset
from kerasgen.features import Attributes, Image
from kerasgen.training import GenerativeModel

FEATURE = Attributes({"hair": ["black", "blond"], "kind": 3}, {"age": (10.0, 90.0)})
VALUE = {
    "hair": np.array([1, 0, 1]),
    "kind": np.array([0, 2, 1]),
    "age": np.array([10.0, 50.0, 90.0]),
}


def test_networks_see_one_hot_parts_and_shares_of_the_range():
    tensors = {key: ops.convert_to_tensor(part) for key, part in VALUE.items()}
    rows = FEATURE.prepare(tensors)
    expected = [[0, 1, 1, 0, 0, 0], [1, 0, 0, 0, 1, 0.5], [0, 1, 0, 1, 0, 1]]
    np.testing.assert_allclose(to_numpy(rows), expected)
    assert FEATURE.shape == (6,) and FEATURE.names == ("hair", "kind", "age")
    back = FEATURE.finish(rows)
    for key, part in VALUE.items():
        np.testing.assert_allclose(to_numpy(back[key]), part)


@pytest.mark.any_backend
def test_values_have_names_and_lines_of_text():
    named = {**VALUE, "hair": ["blond", "black", "blond"]}
    np.testing.assert_array_equal(FEATURE.check(named)["hair"], VALUE["hair"])
    lines = FEATURE.describe(VALUE)
    assert lines[1] == "hair black, kind 2, age 50"
    config = json.loads(json.dumps(FEATURE.get_config()))
    assert Attributes(**config) == FEATURE


@pytest.mark.any_backend
def test_draws_are_within_the_ranges_and_of_all_values():
    drawn = FEATURE.draw(300, np.random.default_rng(0))
    FEATURE.check(drawn, "y", 300)
    assert set(drawn["kind"]) == {0, 1, 2} and np.ptp(drawn["age"]) > 70


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "change, message",
    [
        (None, "`y` must be given: a dict of the attributes"),
        ({"age": np.array([10.0, 91.0, 20.0])}, r"`y\['age'\]` must be in \[10, 90\]"),
        ({"age": np.array([1.0, np.nan, 2.0])}, r"`y\['age'\]` must be finite"),
        ({"age": np.array(["x", "y", "z"])}, r"`y\['age'\]` must be numbers"),
        ({"kind": np.array([0, 3, 1])}, r"`y\['kind'\]` must be in \[0, 2\]"),
        ({"kind": np.array([0, 1])}, r"`y\['kind'\]` must have one entry for each"),
        ({"hair": ["red", "blond", "black"]}, "`hair` must be one of"),
        ({"size": np.zeros(3)}, "must be a dict of arrays with the keys"),
    ],
)
def test_what_is_wrong_is_refused(change, message):
    value = None if change is None else {**VALUE, **change}
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        FEATURE.check(value, "y")


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "must have an attribute at least"),
        ({"discrete": {"a": 2}, "continuous": {"a": (0, 1)}}, "each in one of them"),
        ({"discrete": {"a": 1}}, "`a` must be at least 2"),
        ({"discrete": {"a": ["x", "x"]}}, "distinct names"),
        ({"continuous": {"a": (1.0, 1.0)}}, "a lower and a higher end"),
    ],
)
def test_what_cannot_be_declared_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        Attributes(**arguments)


class Tiny(GenerativeModel):
    """Learns images as a linear function of their attributes."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.image_shape = (2, 2, 1)
        self.set_fields(Image(self.image_shape), FEATURE)
        self.network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4)])
        self.add_phase("network", self.network)

    def compute_losses(self, phase, x, labels, training):
        made = self.network(labels, training=training)
        return {"loss": ops.mean(ops.square(made - ops.reshape(x, (-1, 4))))}

    def default_optimizers(self):
        return {"network": keras.optimizers.SGD(0.3)}


def test_a_model_is_conditional_on_them():
    y = FEATURE.draw(32, np.random.default_rng(0))
    level = 0.25 * y["kind"] + 0.5 * (y["age"] - 10.0) / 80.0
    x = np.broadcast_to(level[:, None, None, None], (32, 2, 2, 1)).astype("float32")
    model = Tiny(seed=0)
    model.compile()
    data = Dataset(x, y, batch_size=8)
    first = model.evaluate(data, verbose=0)
    model.fit(data, epochs=3, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.3 * first
    with pytest.raises(ValueError, match=r"`labels\['kind'\]` must be in .*Received"):
        model.evaluate(x, {**y, "kind": y["kind"] + 1}, verbose=0)
    with pytest.raises(ValueError, match="`labels` must be.*Received"):
        model.fit(x, y["kind"], verbose=0)
    assert features.check(model.fields.y, y)["age"].dtype == np.float32
