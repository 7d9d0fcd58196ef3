"""What phases hand on within a step, and gates."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend import to_numpy
from kerasgen.training.generative_model import GenerativeModel

X = np.full((4, 1, 1, 1), 0.5, "float32")


class Two(GenerativeModel):
    """`first` hands `w + x` on; `second` is moved towards it, by Adam."""

    def __init__(self, image_shape=(1, 1, 1), limit=0.0, **kwargs):
        super().__init__(**kwargs)
        self.image_shape = tuple(image_shape)
        self.limit = limit
        self.first = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        self.second = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        self.add_phase("first", self.first)
        self.add_phase("second", self.second, scalars=("loss", "distance"))

    def compute_losses(self, phase, x, labels, training):
        ones = ops.ones((1, 1))
        if phase == "first":
            value = self.first(ones)
            return {"loss": ops.sum(value)}, {"value": value, "more": {"x": x}}
        distance = self.second(ones) - self.carried["value"]
        loss = ops.mean(ops.square(distance))
        assert self.carried["more"]["x"].shape == x.shape
        return {"loss": loss, "distance": ops.mean(ops.abs(distance))}

    def gate(self, phase, scalars):
        if phase == "second" and self.limit:
            return scalars["distance"] > self.limit
        return None

    def default_optimizers(self):
        return {
            "first": keras.optimizers.SGD(0.25),
            "second": keras.optimizers.Adam(0.1),
        }


def weights(network):
    return [to_numpy(v) for v in network.trainable_variables]


def set_all(network, value):
    for variable in network.trainable_variables:
        variable.assign(ops.full(variable.shape, value))


@pytest.mark.parametrize("eager", [False, True])
def test_a_phase_finds_what_an_earlier_one_made_before_it_moved(eager):
    model = Two(seed=0)
    model.compile(run_eagerly=eager)
    set_all(model.first, 1.0)  # value: 1 * 1 + 1 = 2
    set_all(model.second, 0.0)
    logs = model.train_on_batch(X, return_dict=True)
    assert float(logs["second_distance"]) == pytest.approx(2.0)
    # `first` moved by its own loss alone, by 0.25 in each weight.
    moved = np.concatenate([v.ravel() for v in weights(model.first)])
    np.testing.assert_allclose(moved, [0.75, 0.75])
    assert not model.carried, "nothing is kept after a step"
    tested = model.test_on_batch(X, return_dict=True)
    assert float(tested["first_loss"]) == pytest.approx(1.5)
    assert float(tested["second_distance"]) == pytest.approx(1.3, abs=1e-4)


def test_a_closed_gate_keeps_weights_and_slots_and_an_open_one_moves_both():
    model = Two(limit=1.5, seed=0)
    model.compile()
    set_all(model.first, 1.0)
    set_all(model.second, 0.0)
    player = model.optimizer.players["second"]

    def state():
        model.sync()
        return [*weights(model.second), *[to_numpy(v) for v in player.variables]]

    before = state()
    model.train_on_batch(X)  # distance 2: open
    opened = state()
    assert any(not np.array_equal(a, b) for a, b in zip(before, opened, strict=True))
    assert int(to_numpy(player.iterations)) == 1
    logs = model.train_on_batch(X, return_dict=True)  # distance 1.3: closed
    assert float(logs["second_distance"]) < 1.5
    closed = state()
    for a, b in zip(opened, closed, strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(model.steps.value) == 2, "the other phase went on"
    set_all(model.first, 2.0)
    model.train_on_batch(X)  # open again
    assert int(to_numpy(player.iterations)) == 2


def test_a_gate_under_float16_keeps_the_slots_too():
    model = Two(limit=1.5, seed=0, dtype="mixed_float16")
    model.compile()
    set_all(model.first, 0.1)
    set_all(model.second, 0.0)
    player = model.optimizer.players["second"]
    before = [to_numpy(v) for v in player.variables]
    model.train_on_batch(X)
    model.sync()
    for a, b in zip(before, player.variables, strict=True):
        np.testing.assert_array_equal(a, to_numpy(b))


class Dirac(GenerativeModel):
    """Players `psi` and `theta` of the Dirac-GAN, Mescheder et al., 2018, section 2.

    Data are 0, generated ones `theta`, and the discriminator says `psi x`; it ascends
    `f(psi theta)`, the generator descends it, `f(t) = -log(1 + exp(-t))`.
    """

    def __init__(self, image_shape=(1, 1, 1), joined=False, **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.joined = tuple(image_shape), joined
        for name in ("psi", "theta"):
            ones = keras.layers.Dense(
                1, use_bias=False, kernel_initializer="ones", name=name
            )
            setattr(self, name, keras.Sequential([keras.Input((1,)), ones]))
            self.add_phase(name, getattr(self, name))
        if joined:
            self.join_phases("psi", "theta")

    def compute_losses(self, phase, x, labels, training):
        value = -ops.softplus(-ops.sum(self.psi(self.theta(ops.ones((1, 1))))))
        return {"loss": -value if phase == "psi" else value}

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.1) for phase in self.phases}


def radius(model, steps):
    model.fit(np.zeros((steps, 1, 1, 1), "float32"), batch_size=1, verbose=0)
    return np.hypot(*[weights(n)[0].item() for n in (model.psi, model.theta)])


def test_joined_phases_move_by_the_gradients_at_one_point():
    """The radius grows from sqrt(2) to 2.2536 in 500 steps, and stays by turns."""
    for joined, expected in ((True, 2.2536), (False, 1.414272)):
        model = Dirac(joined=joined, seed=0)
        model.compile()
        assert radius(model, 500) == pytest.approx(expected, abs=1e-4)
        assert int(model.steps.value) == 500
    again = model.evaluate(X, verbose=0, return_dict=True)
    assert again["psi_loss"] == pytest.approx(-again["theta_loss"])


def test_phases_are_joined_once_and_with_the_same_updates():
    model = Dirac(joined=True)
    for bad in (("psi", "theta"), ("psi",), ("psi", "nobody")):
        with pytest.raises(ValueError, match="`phases` must name two.*Received"):
            model.join_phases(*bad)
    model = Dirac()
    model.add_phase("often", [], updates=2, shared=model.psi)
    with pytest.raises(ValueError, match="`phases` must be updated equally often"):
        model.join_phases("psi", "often")
