"""Phases that share variables: each moves them, by slots of its own."""

import keras
import numpy as np
import pytest

from kerasgen.backend import to_numpy
from kerasgen.training.generative_model import GenerativeModel
from tests.conformance import check_phases, check_saving

X = np.full((2, 1, 1, 1), 0.5, "float32")


def _linear(name, inputs, outputs):
    layer = keras.layers.Dense(
        outputs, use_bias=False, kernel_initializer="ones", name=name
    )
    return keras.Sequential([keras.Input((inputs,)), layer])


@keras.saving.register_keras_serializable("kerasgen_shared_phase_tests")
class Shared(GenerativeModel):
    """Of `w` of `first` and `v` of `second`, which moves `w`, too.

    They descend half the squares of the sums of `w` and of `w v`. (Of what is linear
    in `w` TensorFlow's graph optimizer may read `w` only after it has moved.)
    """

    def __init__(self, image_shape=(1, 1, 1), joined=False, **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.joined = tuple(image_shape), joined
        self.trunk, self.head = _linear("w", 3, 2), _linear("v", 2, 1)
        self.add_phase("first", self.trunk)
        self.add_phase("second", self.head, shared=self.trunk)
        if joined:
            self.join_phases("first", "second")

    def compute_losses(self, phase, x, labels, training):
        w = self.trunk(keras.ops.ones((4, 3)))
        out = w if phase == "first" else self.head(w)
        sums = keras.ops.sum(out, axis=-1)
        return {"loss": keras.ops.mean(0.5 * keras.ops.square(sums))}

    def sample(self, num_samples, seed=None, weights=None):
        return np.tile(to_numpy(self.trunk.weights[0]), (num_samples, 1, 1))

    def default_optimizers(self):
        return {
            "first": keras.optimizers.SGD(0.001, momentum=0.9),
            "second": keras.optimizers.SGD(0.01, momentum=0.5),
        }


def _values(model):
    """Returns `w` and `v`: all of their entries are equal."""
    model.sync()
    kernels = [to_numpy(net.weights[0]) for net in (model.trunk, model.head)]
    assert all(np.ptp(kernel) == 0.0 for kernel in kernels)
    return [kernel[0, 0] for kernel in kernels]


def _by_hand(steps, joined):
    w = v = 1.0
    first, head, trunk = 0.0, 0.0, 0.0  # velocities, of w twice
    for _ in range(steps):
        before = w
        first = 0.9 * first - 0.001 * 6 * w
        w = w + first
        seen = before if joined else w
        rate = 0.01 * 6 * seen * v
        trunk, head = 0.5 * trunk - rate * v, 0.5 * head - rate * 3 * seen
        w, v = w + trunk, v + head
    return [w, v]


@pytest.mark.parametrize("joined", [False, True])
def test_both_phases_move_what_they_share_each_by_its_own_slots(joined):
    model = Shared(joined=joined, seed=0)
    check_phases(model)
    model.compile()
    for _ in range(4):
        model.train_on_batch(X)
    np.testing.assert_allclose(_values(model), _by_hand(4, joined), rtol=1e-5)
    # A velocity, an iteration and a rate of `first`, which has one weight to move, and
    # a velocity more of `second`.
    slots = {phase: p.variables for phase, p in model.optimizer.players.items()}
    assert [len(slots["first"]), len(slots["second"])] == [3, 4]
    assert len({id(v) for part in slots.values() for v in part}) == 7
    check_saving(model)


def test_what_is_shared_is_frozen_for_all_and_thawed_with_its_slots():
    model = Shared(seed=0)
    model.compile()
    model.train_on_batch(X)
    model.trunk.trainable = False
    held = _values(model)
    model.train_on_batch(X)
    assert _values(model)[0] == held[0] and _values(model)[1] != held[1]
    assert model.trained_variables("first") == []
    model.trunk.trainable = True
    model.train_on_batch(X)
    assert _values(model)[0] != held[0]


def test_a_weight_has_one_owner_and_sharing_is_declared():
    model = Shared()
    with pytest.raises(ValueError, match="`networks` must hold no weight that another"):
        model.add_phase("third", [model.head])
    with pytest.raises(ValueError, match="`shared` must hold weights that phases"):
        model.add_phase("third", [], shared=[model.head, _linear("u", 1, 1)])
