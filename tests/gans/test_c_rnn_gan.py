"""C-RNN-GAN: means over steps, matching, freezing, pretraining, and a stopped run."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.callbacks import Backup
from kerasgen.data import Dataset
from kerasgen.explore import traverse
from kerasgen.gans.c_rnn_gan import CRNNGAN
from tests.conformance import check_model, differing, numpy_state
from tests.faults import raise_at

BOUNDS = ((0.0, 2.0), (-1.0, 1.0))
SMALL = {"bounds": BOUNDS, "units": 3, "depth": 1, "pretraining_lengths": ()}


def test_contract():
    check_model(
        CRNNGAN,
        {
            "series_shape": (4, 2),
            **SMALL,
            "channel_names": ("pitch", "wait"),
            "latent_dim": 3,
            "feature_matching": True,
            "freeze_ratio": 0.0,
            "l2_weight": 0.01,
            "pretraining_examples": 5,
        },
        excluded=("variant",),  # the released one keeps a new generator from moving
    )


def c_rnn_gan(**kwargs):
    keras.utils.set_random_seed(0)
    return CRNNGAN((4, 2), seed=1, **{**SMALL, **kwargs})


def series(count=4, seed=0):
    return c_rnn_gan().fields.x.example(count, np.random.default_rng(seed))


def numpy(x):
    return ops.convert_to_numpy(x)


def losses(model, training=False):
    x = model.preprocess(ops.convert_to_tensor(series()))
    found = model.compute_joint_losses(model.phases, x, None, training)
    return [
        {key: float(numpy(value)) for key, value in found[phase].items()}
        for phase in model.phases
    ]


def test_a_series_has_the_mean_probability_of_its_steps():
    model = c_rnn_gan()
    x = ops.convert_to_tensor(series())
    said, read = model.discriminate(x, False)
    steps = 1 / (1 + np.exp(-numpy(model.head(read))))
    assert steps.shape == (4, 4, 1)
    mean = steps.mean(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-numpy(said))), mean, atol=1e-6)
    model.head.bias.assign([200.0])  # no probability of exactly 1, whose log is lost
    assert np.isfinite(numpy(model.discriminate(x, False)[0])).all()


def test_the_losses_are_of_the_mean_probabilities():
    model = c_rnn_gan(l2_weight=0.0)
    fake = ops.convert_to_tensor(series(seed=1))
    model.generate_like = lambda *_: fake
    x = model.preprocess(ops.convert_to_tensor(series()))
    real, made = (
        1 / (1 + np.exp(-numpy(model.discriminate(part, False)[0])))
        for part in (x, fake)
    )
    discriminator, generator = losses(model)
    expected = -np.log(real).mean() - np.log(1 - made).mean()
    assert discriminator["loss"] == pytest.approx(expected, rel=1e-5)
    assert generator["loss"] == pytest.approx(-np.log(made).mean(), rel=1e-5)
    assert discriminator["real"] == pytest.approx(real.mean(), rel=1e-5)


def test_feature_matching_sums_squares_over_steps_and_units():
    model = c_rnn_gan(l2_weight=0.0, feature_matching=True)
    fake = ops.convert_to_tensor(series(seed=1))
    model.generate_like = lambda *_: fake
    x = model.preprocess(ops.convert_to_tensor(series()))
    difference = numpy(model.reader(x)) - numpy(model.reader(fake))
    assert difference.shape == (4, 4, 6)
    generator = losses(model)[1]
    expected = np.square(difference).sum(axis=(1, 2)).mean()
    assert generator["loss"] == pytest.approx(expected, rel=1e-5)
    assert generator["adversarial"] != pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(
    "variant, discriminator, generator, moves",
    [
        ("paper", 1.0, 1.0, (1, 1)),
        ("paper", 0.69, 1.0, (0, 1)),  # less than 70 % of the other's
        ("paper", 0.71, 1.0, (1, 1)),
        ("paper", 1.0, 0.69, (1, 0)),
        ("paper", 3.0, 5.0, (0, 1)),
        ("released", 3.0, 5.0, (1, 1)),  # neither is below 2
        ("released", 1.0, 1.0, (1, 0)),  # the slip: one is, so the generator stops
        ("released", 0.69, 1.0, (0, 0)),
        ("released", 1.0, 0.69, (1, 0)),
        ("released", 1.9, 3.0, (0, 0)),
    ],
)
def test_who_is_stopped(variant, discriminator, generator, moves):
    model = c_rnn_gan(variant=variant)
    pair = (ops.convert_to_tensor(loss) for loss in (discriminator, generator))
    assert tuple(float(move) for move in model.moving(*pair)) == moves


@pytest.mark.parametrize("stopped", ["discriminator", "generator"])
def test_who_is_stopped_keeps_weights_and_slots(stopped):
    model = c_rnn_gan()
    moves = [float(phase != stopped) for phase in model.phases]
    model.moving = lambda *_: [ops.convert_to_tensor(move) for move in moves]
    model.compile("adam")
    model.train_on_batch(series())
    before = numpy_state(model)
    logs = model.train_on_batch(series(seed=1), return_dict=True)
    changed = set(differing(before, numpy_state(model)))
    variables = model.state_variables()
    for phase in model.phases:
        own = {id(v) for v in model.phase_variables(phase)}
        names = {name for name, v in variables.items() if id(v) in own}
        slots = {name for name in variables if name.startswith(f"optimizer/{phase}/")}
        assert len(slots) > len(names)
        if phase == stopped:
            assert not changed & (names | slots)
        else:
            assert names <= changed and len(changed & slots) > len(names)
        assert float(logs[f"{phase}_moves"]) == float(phase != stopped)


def test_squares_of_weights_add_to_the_losses_of_both_players():
    plain, decayed = losses(c_rnn_gan(l2_weight=0.0)), losses(c_rnn_gan(l2_weight=0.2))
    released = losses(c_rnn_gan(l2_weight=0.2, variant="released"))
    model = c_rnn_gan()
    for i, network in enumerate(([model.reader, model.head], [model.generator])):
        weights = [v for part in network for v in part.trainable_variables]
        kernels = [numpy(v.value) for v in weights if len(v.shape) == 2]
        assert len(kernels) == (5, 4)[i] and len(kernels) < len(weights)
        squares = sum(np.square(kernel).sum() for kernel in kernels)
        added = decayed[i]["loss"] - plain[i]["loss"]
        assert added == pytest.approx(0.1 * squares, rel=1e-4)
    assert released[0]["loss"] == pytest.approx(plain[0]["loss"], rel=1e-6)
    assert released[1]["loss"] == pytest.approx(decayed[1]["loss"], rel=1e-6)


def test_pretraining_guesses_the_next_step_by_squared_error():
    model = c_rnn_gan(l2_weight=0.0, pretraining_lengths=(3,), pretraining_examples=4)
    noise = np.random.default_rng(2).random((4, 4, 2)).astype("float32")
    model.draw_latents = lambda *_: ops.convert_to_tensor(noise)
    x = numpy(model.preprocess(ops.convert_to_tensor(series())))
    expected = []
    for start in (0, 1):  # the two places of a part of three steps
        part = x[:, start : start + 3]
        guess = numpy(model.writer(noise[:, :3], given=part))
        expected.append(np.square(guess - part).mean())
    discriminator, generator = losses(model)
    assert generator["loss"] in [pytest.approx(e, rel=1e-5) for e in expected]
    assert abs(expected[0] - expected[1]) > 1e-3
    assert set(discriminator.values()) == {0.0} and generator["moves"] == 1.0
    model.compile("adam")
    before = numpy_state(model)
    model.train_on_batch(series())
    changed = differing(before, numpy_state(model))
    assert not [name for name in changed if name.startswith(("reader", "head"))]
    assert not [name for name in changed if name.startswith("optimizer/discriminator")]
    assert [name for name in changed if name.startswith("writer")]


def test_lengths_of_pretraining_are_those_of_the_series_at_most():
    model = CRNNGAN((16, 2), units=2)
    assert model.pretraining_lengths == (4, 8, 12, 16, 16, 16)


def test_a_run_stopped_before_its_pretraining_ends_goes_on_bit_for_bit(tmp_path):
    x, states, stages = series(12), [], []
    for name in ("straight", "stopped", "resumed"):
        model = c_rnn_gan(pretraining_lengths=(2,), pretraining_examples=8)
        model.compile("adam")
        callbacks = [Backup(tmp_path / (name if name == "straight" else "run"))]
        if name == "stopped":
            callbacks.append(raise_at(1, RuntimeError("stop")))
        data = Dataset(x, batch_size=4, seed=3, field=model.fields.x)
        try:
            model.fit(data, epochs=2, verbose=0, callbacks=callbacks)
        except RuntimeError:
            assert int(model.examples_seen) == 4
        states.append(numpy_state(model))
        stages.append(model.stage)
    assert stages == [1, 0, 1]
    assert not differing(states[0], states[2])


def test_the_optimizers_of_the_paper():
    model = c_rnn_gan()
    model.compile()
    players = model.optimizer.players
    rates = {phase: float(player.learning_rate) for phase, player in players.items()}
    assert rates == pytest.approx({"discriminator": 0.05, "generator": 0.1})
    assert {player.global_clipnorm for player in players.values()} == {5.0}


def test_noise_is_uniform_and_one_vector_a_step():
    model = c_rnn_gan(latent_dim=5)
    noise = model.numpy_latents(np.random.default_rng(0), 200)
    assert noise.shape == (200, 4, 5) and 0.0 <= noise.min() < 0.01 < 0.99 < noise.max()
    drawn = numpy(model.draw_latents(200, True))
    assert drawn.shape == noise.shape and 0.0 <= drawn.min() and drawn.max() < 1.0
    made = model.sample(2, latents=noise[:2])
    assert not np.array_equal(made[0], made[1])
    with pytest.raises(ValueError, match="`latents` must be numbers of shape .2, 4, 5"):
        model.sample(2, latents=noise[:2, 0])
    with pytest.raises(TypeError, match="`model` must have codes.*Received"):
        traverse(model)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"series_shape": (4,)}, "`series_shape` must be"),
        ({"bounds": (1.0, 0.0)}, "`bounds` must be"),
        ({"pretraining_lengths": (0,)}, "`pretraining_lengths` must be"),
        ({"freeze_ratio": 2.0}, "`freeze_ratio` must be"),
        ({"variant": "release"}, "`variant` must be.*Did you mean 'released'"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        CRNNGAN(**{"series_shape": (4, 2), **SMALL, **arguments})
