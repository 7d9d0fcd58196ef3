import keras
import numpy as np
import pytest

from kerasgen.callbacks import LearningRateScheduler, exponential_decay
from kerasgen.callbacks.learning_rate import current_rate, players
from tests.callbacks.tiny import TinyModel, train


def rates(model):
    return {name: current_rate(player) for name, player in players(model).items()}


def test_one_player_is_scheduled_and_the_other_kept():
    model = TinyModel()
    callback = LearningRateScheduler(lambda epoch, rate: rate / 2, phase="generator")
    history = train(model, [callback], epochs=3).history
    assert rates(model) == pytest.approx({"discriminator": 4e-4, "generator": 1.25e-5})
    expected = [5e-5, 2.5e-5, 1.25e-5]
    assert history["generator_learning_rate"] == pytest.approx(expected)
    assert history["discriminator_learning_rate"] == pytest.approx([4e-4] * 3)


def test_all_players_are_scheduled_each_by_its_own_rate():
    model = TinyModel()
    train(model, [LearningRateScheduler(lambda epoch, rate: rate * 10)], epochs=1)
    assert rates(model) == pytest.approx({"discriminator": 4e-3, "generator": 1e-3})


def test_a_schedule_of_the_epoch_sees_where_a_resumed_run_is():
    model, seen = TinyModel(), []

    def schedule(epoch):
        seen.append(epoch)
        return np.float32(0.5)

    callback = LearningRateScheduler(schedule, phase="discriminator")
    train(model, [callback], epochs=5, initial_epoch=3)
    assert seen == [3, 4] and rates(model)["discriminator"] == 0.5


def test_an_ordinary_optimizer_is_one_player():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
    history = train(model, [LearningRateScheduler(lambda e, rate: rate / 4)]).history
    assert history["learning_rate"] == [0.25, 0.0625]


def test_verbose_prints_the_rate(capsys):
    callback = LearningRateScheduler(lambda e: 0.25, phase="generator", verbose=1)
    train(TinyModel(), [callback], epochs=1)
    assert "Epoch 1: generator learning rate 0.25." in capsys.readouterr().out


def test_an_unknown_phase_names_the_nearest():
    callback = LearningRateScheduler(lambda e: 0.1, phase="genrator")
    with pytest.raises(ValueError, match="Did you mean 'generator'.*phase='genrator'"):
        train(TinyModel(), [callback], epochs=1)


@pytest.mark.parametrize("value", [None, "fast", float("nan"), -1.0])
def test_a_schedule_must_return_a_rate(value):
    with pytest.raises(ValueError, match=r"Received: schedule\(0\) returned"):
        train(TinyModel(), [LearningRateScheduler(lambda e: value)], epochs=1)


def test_a_schedule_must_be_a_function():
    with pytest.raises(TypeError, match="Received: schedule=0.1"):
        LearningRateScheduler(0.1)


def test_exponential_decay_falls_by_one_factor_from_the_first_epoch_to_the_last():
    schedule = exponential_decay(1e-2, 1e-4, epochs=5)
    rates = [schedule(epoch) for epoch in range(5)]
    assert rates[0] == pytest.approx(1e-2) and rates[-1] == pytest.approx(1e-4)
    assert np.diff(np.log(rates)) == pytest.approx([np.log(1e-2) / 4] * 4)
    assert schedule(7) == pytest.approx(1e-4)


def test_exponential_decay_of_one_epoch_has_the_first_rate():
    assert exponential_decay(1e-2, 1e-4, epochs=1)(0) == pytest.approx(1e-2)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0, 1e-4, 5), "`initial_rate` must be above 0. Received: initial_rate=0"),
        (
            (1e-2, -1e-4, 5),
            "`final_rate` must be above 0. Received: final_rate=-0.0001",
        ),
        ((1e-2, 1e-4, 0), "`epochs` must be at least 1. Received: epochs=0"),
    ],
)
def test_exponential_decay_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        exponential_decay(*arguments)
