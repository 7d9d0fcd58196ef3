"""WGAN: the box of weights, the gap, the schedule of the released code."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans import wgan
from kerasgen.gans.wgan import WGAN
from tests.conformance import check_model, differing, numpy_state

POINTS = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")


def value(x):
    return float(ops.convert_to_numpy(x))


def points_model(**kwargs):
    return WGAN((2,), **{"latent_dim": 3, "filters": 4, "seed": 0, **kwargs})


def largest(model):
    state = numpy_state(model)
    names = [n for n in state if n.startswith("critic/") and "moving" not in n]
    assert names
    return max(np.abs(state[name]).max() for name in names)


def test_contract():
    check_model(
        WGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "critic_steps": 2,
            "clip": 0.05,
            "latent_distribution": "uniform",
        },
        excluded=("variant",),  # of the other one the generator rests at first
    )


@pytest.mark.every_backend
@pytest.mark.parametrize("variant", ["paper", "released"])
def test_weights_are_clipped_after_the_update_or_before_it(variant):
    """Algorithm 1, line 7; of the code the box holds where the critic is run."""
    model = WGAN((16, 16, 1), 2, filters=2, critic_steps=2, variant=variant, seed=0)
    rate = 0.5
    model.compile(keras.optimizers.SGD(rate))
    x = np.random.default_rng(0).uniform(size=(8, 16, 16, 1)).astype("float32")
    model.fit(x, batch_size=2, verbose=0)
    kinds = [type(layer).__name__ for layer in model.critic.layers]
    assert "BatchNormalization" in kinds  # its gains, which start at 1, are clipped
    if variant == "paper":
        assert largest(model) == pytest.approx(0.01, rel=1e-6)
    else:
        assert 0.0100001 < largest(model) < 0.01 + 10 * rate


def test_objectives_and_their_shift():
    model = points_model()
    real, fake = np.float32([[2.0], [0.5]]), np.float32([[-1.0], [4.0]])
    for shift in (0.0, 7.0):
        found = model.discriminator_objective(real + shift, fake + shift)
        assert value(found) == pytest.approx(1.5 - 1.25, abs=1e-6)
        gap = model.describe(real + shift, fake + shift)["gap"]
        assert value(gap) == pytest.approx(1.25 - 1.5, abs=1e-6)
    assert value(model.generator_objective(fake)) == -1.5


class Linear(WGAN):
    def build_discriminator(self, outputs=1):
        return keras.Sequential(
            [keras.Input(self.judged_shape), layers.Dense(1, use_bias=False)]
        )


def test_a_linear_critic_attains_the_distance_of_means_in_the_box():
    """The largest gap over `|w_i| <= c` is `c ||E x - E g||_1`, at `c sign`."""
    model = Linear((2,), 3, filters=4, critic_steps=2, clip=0.25, seed=0)
    for variable in model.generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    model.compile(
        {"critic": keras.optimizers.SGD(1e3), "generator": keras.optimizers.SGD(0.0)}
    )
    model.train_on_batch(POINTS)
    logs = model.train_on_batch(POINTS, return_dict=True)
    expected = 0.25 * np.abs(POINTS.mean(0)).sum()  # the generator makes zeros
    x = ops.convert_to_tensor(POINTS)
    gap = value(model.compute_losses("critic", x, None, False)["gap"])
    assert gap == pytest.approx(expected, rel=1e-5)
    assert logs["critic_gap"] == pytest.approx(-logs["critic_loss"], rel=1e-5)


@pytest.mark.every_backend
def test_the_generator_waits_for_a_hundred_updates_of_the_critic(monkeypatch):
    """At first, and before each 500th update of its own, as the released code has it.

    Here for 6 of them, two in a step.
    """
    monkeypatch.setattr(wgan, "BURST", 6)
    model = points_model(critic_steps=2, variant="released")
    model.compile()

    def moves(done):
        """Returns in which steps the generator moves, having moved `done` times."""
        model.generator_updates.assign(done)
        found = []
        for _ in range(4):
            before = numpy_state(model)
            model.train_on_batch(POINTS)
            after = numpy_state(model)
            resting = not any(
                name.startswith(("generator/", "optimizer/generator/"))
                for name in differing(before, after)
            )
            found.append(not resting)
        return found

    assert moves(0) == [False, False, True, False]
    model.waited.assign(0)
    assert moves(24) == [False, False, True, True]
    assert moves(499) == [True, False, False, True]
    assert int(model.generator_updates) == 501


def test_five_updates_of_the_critic_by_the_papers_optimizer():
    """RMSProp of the code: the square's average starts at 0 with a share of 0.01."""
    assert points_model().critic_steps == 5
    model = points_model(critic_steps=1, clip=100.0)
    model.compile()
    before = numpy_state(model)
    model.train_on_batch(POINTS)
    after = numpy_state(model)
    for player in ("critic", "generator"):
        moves = [
            np.abs(after[name] - before[name]).max()
            for name in before
            if name.startswith(f"{player}/") and name.endswith("kernel")
        ]
        np.testing.assert_allclose(moves, 5e-5 / 0.1, rtol=1e-2)


def test_dense_players_have_no_batch_normalisation_and_others_do():
    for model, count in ((points_model(), 0), (WGAN((16, 16, 1), 2, filters=2), 1)):
        for network in (model.generator, model.critic):
            found = [
                x for x in network.layers if isinstance(x, layers.BatchNormalization)
            ]
            assert (len(found) > 0) == count


@pytest.mark.parametrize("bad", [{"clip": 0.0}, {"variant": "code"}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match="must be.*Received"):
        points_model(**bad)
