"""The players' rates, set together: in proportion, by Keras's own callbacks too."""

import keras
import numpy as np
import pytest

from kerasgen.training.learning_rates import current_rate
from tests.training.tiny import TinyGAN

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 4, 4, 1), "uint8")


def _model():
    model = TinyGAN(seed=0)
    rates = {"discriminator": 4e-4, "generator": 1e-4}
    model.compile({name: keras.optimizers.Adam(rate) for name, rate in rates.items()})
    return model


def _train(model, epochs, *callbacks):
    model.fit(IMAGES, batch_size=2, epochs=epochs, verbose=0, callbacks=callbacks)


def rates(model):
    players = model.optimizer.players
    return {name: current_rate(player) for name, player in players.items()}


def test_keras_callbacks_keep_the_proportions_of_the_rates():
    """Through warm-up from 0, too; a rate that all players share stays shared."""
    model = _model()
    _train(model, 1, keras.callbacks.LearningRateScheduler(lambda e: 8e-4))
    assert rates(model) == pytest.approx({"discriminator": 8e-4, "generator": 2e-4})
    plateau = keras.callbacks.ReduceLROnPlateau(
        "discriminator_loss", factor=0.5, patience=1, min_delta=1e9, mode="min"
    )
    _train(model, 2, plateau)
    assert rates(model) == pytest.approx({"discriminator": 4e-4, "generator": 1e-4})
    warmup = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 * epoch)
    _train(model, 2, warmup)
    assert rates(model) == pytest.approx({"discriminator": 1e-3, "generator": 2.5e-4})
    model.optimizer.learning_rate = 0.0
    config = model.optimizer.get_config()
    loaded = type(model.optimizer).from_config(config)
    loaded.learning_rate = 1e-2
    assert current_rate(loaded.players["generator"]) == pytest.approx(2.5e-3)
    model.optimizer.players["generator"].learning_rate = 0.5
    with pytest.raises(ValueError, match="first one's is 0.*Received"):
        model.optimizer.learning_rate = 1.0
    model.compile("sgd")
    model.optimizer.learning_rate = 0.3
    assert len(set(rates(model).values())) == 1


def test_a_schedule_is_scaled_for_each_player_and_saved(tmp_path):
    schedule = keras.optimizers.schedules.PolynomialDecay(4e-3, 40, 0.0)
    model = _model()
    _train(model, 1)
    model.optimizer.learning_rate = schedule
    steps = int(model.optimizer.iterations)
    _train(model, 1)
    moved = int(model.optimizer.iterations)
    assert steps < moved
    expected = float(schedule(moved))
    assert rates(model) == pytest.approx(
        {"discriminator": expected, "generator": expected / 4}
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert rates(loaded) == pytest.approx(rates(model))
    with pytest.raises(TypeError, match="made with a schedule"):
        loaded.optimizer.learning_rate = 0.1
    other = _model()
    with pytest.raises(TypeError, match="a number or a LearningRateSchedule"):
        other.optimizer.learning_rate = lambda: 0.1
