"""Techniques that any GAN takes: noise on what is judged, means of the weights."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasgen.backend import to_numpy
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.families.techniques import TechniqueModel
from kerasgen.features import Image
from kerasgen.gans import GAN
from tests.conformance import as_fitted, example_batch
from tests.test_cross_backend import MODELS, small_arguments

X = np.random.default_rng(0).uniform(size=(4, 2, 2, 1)).astype("float32")


class Pair(TwoPlayerModel):
    """One linear layer a player; keeps what the discriminator was given."""

    def __init__(self, **kwargs):
        super().__init__((2, 2, 1), 3, **kwargs)
        self.generator = keras.Sequential(
            [keras.Input((3,)), layers.Dense(4), layers.Reshape(self.image_shape)]
        )
        self.discriminator = keras.Sequential(
            [keras.Input(self.image_shape), layers.Flatten(), layers.Dense(1)]
        )
        self.add_players()

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.5) for phase in self.phases}


def weights(model, phase):
    return [to_numpy(v).copy() for v in model.phase_variables(phase)]


def means(model, phase):
    return [to_numpy(m).copy() for m in model._histories[phase][1]]


def test_instance_noise_has_its_deviation_falls_to_zero_and_is_of_training_alone():
    model = Pair(instance_noise=2.0, instance_noise_steps=4, seed=0)
    x = np.ones((2000, 2, 2, 1), "float32")
    for step, deviation in ((0, 2.0), (1, 1.5), (4, 0.0), (9, 0.0)):
        model.steps.assign(step)
        noise = to_numpy(model.disturbed(x, True)) - x
        assert noise.std() == pytest.approx(deviation, rel=0.03, abs=1e-6)
        assert abs(noise.mean()) < 0.1
    model.steps.assign(0)
    assert model.disturbed(x, False) is x
    assert Pair(seed=0).disturbed(x, True) is x


def test_noise_is_on_real_and_generated_images_in_both_updates():
    model = Pair(instance_noise=1.0, seed=0)
    seen, disturbed = [], model.disturbed
    object.__setattr__(
        model, "disturbed", lambda x, training: seen.append(1) or disturbed(x, training)
    )
    model.compute_losses("discriminator", X, None, True)
    assert len(seen) == 2
    model.compute_losses("generator", X, None, True)
    assert len(seen) == 3


@pytest.mark.every_backend
def test_historical_averaging_adds_the_distance_to_the_mean_of_all_updates():
    keras.utils.set_random_seed(0)
    model = Pair(historical_averaging=0.3, seed=0)
    plain = Pair(seed=0)
    model.compile()
    for phase in model.phases:
        assert float(to_numpy(model.added_loss(phase))) == 0.0  # at the first update
    history = []
    for _ in range(3):
        model.train_on_batch(X)
        model.sync()
        history.append(weights(model, "generator"))
    expected = [np.mean(w, axis=0) for w in zip(*history, strict=True)]
    for found, mean in zip(means(model, "generator"), expected, strict=True):
        np.testing.assert_allclose(found, mean, rtol=1e-5, atol=1e-6)
    far = sum(np.sum((w - m) ** 2) for w, m in zip(history[-1], expected, strict=True))
    found = float(to_numpy(model.added_loss("generator")))
    assert found == pytest.approx(0.3 * far, rel=1e-4)
    assert plain.added_loss("generator") is None


def test_historical_averaging_pulls_towards_the_mean():
    """Its gradient is `2 w (theta - mean)`, here in one step of SGD of rate 0.5."""
    after = []
    for weight in (0.1, 0.0):
        keras.utils.set_random_seed(0)
        model = Pair(historical_averaging=0.1, seed=0)
        model.compile(run_eagerly=True)
        history = []
        for _ in range(2):  # the mean after one update is that update: no pull yet
            model.train_on_batch(X)
            model.sync()
            history.append(weights(model, "discriminator"))
        model.historical_averaging = weight
        model.train_on_batch(X)
        model.sync()
        after.append(weights(model, "discriminator"))
    for held, plain, w1, w2 in zip(*after, *history, strict=True):
        pull = 0.5 * 2 * 0.1 * (w2 - (w1 + w2) / 2)
        assert np.abs(pull).max() > 1e-4
        np.testing.assert_allclose(plain - held, pull, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["instance_noise", "historical_averaging", "instance_noise_steps"]
)
def test_bad_values_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be.*Received"):
        Pair(**{name: -1})


def test_augmentation_is_of_all_that_is_judged_in_training_alone():
    model = Pair(augmentation="color", seed=0)
    x = np.full((64, 2, 2, 1), 0.25, "float32")
    seen = to_numpy(model.disturbed(x, True))
    shifts = seen[:, 0, 0, 0] - 0.25
    np.testing.assert_allclose(seen, seen[:, :1, :1] + 0 * seen, atol=1e-6)
    assert np.abs(shifts).max() <= 0.5 and shifts.std() == pytest.approx(0.29, abs=0.08)
    assert model.disturbed(x, False) is x


@pytest.mark.every_backend
def test_adaptive_augmentation_follows_the_discriminator_and_is_saved(tmp_path):
    """Scores of real images above 0 raise `p` by `batch * interval / images`."""
    options = {"interval": 1, "images": 40, "transformations": "c"}
    model = Pair(augmentation=options, seed=0)
    model.compile({"discriminator": keras.optimizers.SGD(0.0)})
    model.discriminator.layers[-1].bias.assign([9.0])
    for _ in range(3):
        model.train_on_batch(X)
    model.sync()
    assert float(to_numpy(model.augmenter.probability)) == pytest.approx(3 * 4 / 40)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(
        tmp_path / "model.keras", custom_objects={"Pair": Pair}
    )
    assert float(to_numpy(again.augmenter.probability)) == pytest.approx(0.3)
    assert again.get_config()["augmentation"] == options
    model.discriminator.layers[-1].bias.assign([-9.0])
    for _ in range(4):
        model.train_on_batch(X)
    model.sync()
    assert float(to_numpy(model.augmenter.probability)) == 0.0


def test_augmentation_is_of_images_alone():
    with pytest.raises(ValueError, match="`augmentation` must be None for other data"):
        GAN((2,), augmentation="adaptive")
    with pytest.raises(ValueError, match="`policy` must be one of"):
        Pair(augmentation="colour")


@pytest.mark.every_backend
def test_gradients_of_several_steps_may_be_accumulated():
    """Keras's optimizers do: two steps of rate 1 move as one of their mean gradient."""
    keras.utils.set_random_seed(0)
    model = Pair(seed=0)
    model.compile(
        {
            p: keras.optimizers.SGD(0.5, gradient_accumulation_steps=2)
            for p in model.phases
        }
    )
    start = weights(model, "discriminator")
    model.train_on_batch(X)
    model.sync()
    for before, now in zip(start, weights(model, "discriminator"), strict=True):
        np.testing.assert_array_equal(before, now)
    model.train_on_batch(X)
    model.sync()
    moved = zip(start, weights(model, "discriminator"), strict=True)
    assert any(np.abs(before - now).max() > 1e-4 for before, now in moved)


# === Of all models ===

TAKERS = [name for name, cls in MODELS.items() if issubclass(cls, TechniqueModel)]


@pytest.mark.any_backend
@pytest.mark.parametrize("name", TAKERS)
def test_no_gan_takes_noise_or_augmentation_and_passes_it_over(name):
    arguments = small_arguments(name)
    if "pretraining_lengths" in arguments:
        arguments["pretraining_lengths"] = ()  # nothing is judged before it
    model = as_fitted(MODELS[name](**arguments, instance_noise=0.1, seed=1))
    seen, disturbed = [], model.disturbed
    object.__setattr__(
        model, "disturbed", lambda x, training: seen.append(1) or disturbed(x, training)
    )
    model.compile(run_eagerly=True)
    model.train_on_batch(*example_batch(model, 4, 0))
    assert seen
    if isinstance(model.fields.x, Image):
        given = {**arguments, "augmentation": "cutout"}
        assert MODELS[name](**given, seed=1).augmenter is not None
    else:
        with pytest.raises(ValueError, match="`augmentation` must be None.*Received"):
            MODELS[name](**arguments, augmentation="cutout", seed=1)
