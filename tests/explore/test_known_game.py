"""What theory says of the game of a GAN, on densities that are known."""

import math

import numpy as np
import pytest
from PIL import Image

from kerasgen import explore
from kerasgen.explore.known_game import KnownGame, _Watch

X = np.linspace(-8, 8, 2001)


def _normal(mean, deviation):
    u = (X - mean) / deviation
    return np.exp(-0.5 * u**2) / (deviation * math.sqrt(2 * math.pi))


def test_the_value_of_equal_densities_is_minus_log_4():
    p = _normal(0.3, 0.7)
    best = explore.optimal_discriminator(p, p)
    np.testing.assert_allclose(best, 0.5)
    assert explore.game_value(p, p, best, X) == pytest.approx(-math.log(4), abs=1e-9)


def test_no_discriminator_is_better_than_the_optimum():
    """Proposition 1; its value is -log 4 and twice the Jensen-Shannon divergence."""
    p, q = _normal(-0.5, 1.0), _normal(0.8, 0.5)
    best = explore.optimal_discriminator(p, q)
    value = explore.game_value(p, q, best, X)
    middle = (p + q) / 2
    divergence = sum(np.trapezoid(a * np.log(a / middle), X) for a in (p, q)) / 2
    assert value == pytest.approx(-math.log(4) + 2 * divergence, abs=1e-6)
    generator = np.random.default_rng(0)
    for _ in range(5):
        other = np.clip(best + 0.1 * generator.normal(size=X.shape), 0.01, 0.99)
        assert explore.game_value(p, q, other, X) < value
    # Densities that do not meet: the discriminator is certain, the value is 0.
    p, q = (abs(X + 4) < 1) / 2.0, (abs(X - 4) < 1) / 2.0
    best = explore.optimal_discriminator(p, q)
    assert explore.game_value(p, q, best, X) == 0.0
    assert best[0] == 0.5


@pytest.mark.parametrize(
    "start, value, steps",
    [((1.0, 0.6), -math.log(4), 30), ((0.0, 0.9), None, 60)],
    ids=["equal", "apart"],
)
def test_a_trained_discriminator_reaches_its_optimum(start, value, steps):
    game = explore.play_known_game(
        start=start,
        train_generator=False,
        frames=2,
        steps=steps,
        learning_rate=0.01,
        units=16,
    )
    if value is None:
        value = game.optimal_values[-1]
        assert value > -math.log(4) + 0.2
    assert game.optimal_values[-1] == pytest.approx(value, abs=1e-6)
    assert game.values[-1] == pytest.approx(value, abs=0.02)
    assert game.errors[-1] < 0.04 < game.errors[0]
    np.testing.assert_allclose(game.generator[0], game.generator[-1])
    straight = start[0] + start[1] * game.z
    np.testing.assert_allclose(game.mapped, [straight] * 3, atol=1e-5)


def test_a_game_is_played_and_drawn(tmp_path, monkeypatch):
    made, game_of = [], _Watch.game

    def game(watch):
        made.append(int(watch.model.steps.value))
        return game_of(watch)

    monkeypatch.setattr(_Watch, "game", game)
    game = explore.play_known_game(frames=2, steps=3, units=4, batch_size=32)
    assert made == [6]
    assert game.steps.tolist() == [0, 3, 6]
    area = np.trapezoid(game.generator, game.x, axis=1)
    np.testing.assert_allclose(area, 1.0, atol=2e-3)
    assert np.trapezoid(game.data, game.x) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(game.mapped[-1] - game.mapped[0]).max() > 1e-4
    assert game.picture().shape == (480, 640, 3)
    assert (game.picture(0) != game.picture(-1)).any()
    for name in ("a.gif", "a.png", "a.npz"):
        game.save(tmp_path / name)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames >= 3 and image.size == (640, 480)
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["values"], game.values)
    assert "2 frames" not in repr(game) and "3 frames, 6 steps" in repr(game)
    assert isinstance(game, KnownGame) and game._repr_png_()[:4] == b"\x89PNG"


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`units` must be at least 2"):
        explore.play_known_game(units=1)
    plane = explore.GaussianMixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])
    with pytest.raises(ValueError, match="`data` must be a mixture of one dimension"):
        explore.play_known_game(plane)
