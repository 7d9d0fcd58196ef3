"""GANs of two players: what they share whatever their networks are."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasgen.backend import to_numpy
from kerasgen.families.adversarial import TwoPlayerModel

X = np.random.default_rng(0).uniform(size=(4, 2, 2, 1)).astype("float32")


class Pair(TwoPlayerModel):
    """One linear layer a player."""

    def __init__(self, image_shape=(2, 2, 1), simultaneous=False, **kwargs):
        super().__init__(image_shape, 3, **kwargs)
        self.simultaneous = simultaneous
        self.generator = keras.Sequential(
            [keras.Input((3,)), layers.Dense(4), layers.Reshape(self.image_shape)]
        )
        self.discriminator = keras.Sequential(
            [keras.Input(self.image_shape), layers.Flatten(), layers.Dense(1)]
        )
        self.add_players(simultaneous=simultaneous)

    def generate_like(self, x, labels, training):
        self.passes = getattr(self, "passes", 0) + 1
        return super().generate_like(x, labels, training)

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.5) for phase in self.phases}


def moved(network, rate, simultaneous):
    """Returns a network of the model after a step, the discriminator's rate given."""
    keras.utils.set_random_seed(1)
    model = Pair(simultaneous=simultaneous, seed=0)
    model.compile({"discriminator": keras.optimizers.SGD(rate)}, run_eagerly=True)
    logs = model.train_on_batch(X, return_dict=True)
    assert set(logs) == {
        *("discriminator_loss", "discriminator_real", "discriminator_fake"),
        "generator_loss",
    }
    assert model.passes == (1 if simultaneous else 2)
    model.sync()
    return np.concatenate(
        [to_numpy(v).ravel() for v in getattr(model, network).trainable_variables]
    )


@pytest.mark.parametrize("simultaneous", [True, False])
def test_the_generator_sees_the_discriminators_step_unless_both_move_at_once(
    simultaneous,
):
    still = moved("generator", 0.0, simultaneous)
    after = moved("generator", 0.5, simultaneous)
    assert np.allclose(still, after, rtol=1e-6) == simultaneous
    still = moved("discriminator", 0.0, simultaneous)
    after = moved("discriminator", 0.5, simultaneous)
    assert not np.allclose(still, after)


class Together(Pair):
    """Judges both kinds as one batch, and logs how far apart they are."""

    judges_together = True

    def discriminate(self, x, labels, training):
        self.seen = [*getattr(self, "seen", []), (x.shape[0], training)]
        return super().discriminate(x, labels, training)

    def add_players(self, **kwargs):
        super().add_players(measured=("gap",), **kwargs)

    def measure(self, real, fake):
        return {"gap": keras.ops.mean(real) - keras.ops.mean(fake)}


def test_both_kinds_may_be_judged_as_one_batch():
    model = Together(seed=0)
    together = model.compute_losses("discriminator", X, None, True)
    model.compute_losses("generator", X, None, True)
    assert model.seen == [(8, True), (4, False)]
    keras.utils.set_random_seed(0)
    apart = Together(seed=0)
    for mine, other in zip(apart.weights, model.weights, strict=True):
        mine.assign(other.value if mine.trainable else mine.value)
    apart.judges_together = False
    expected = apart.compute_losses("discriminator", X, None, True)
    assert list(together) == ["loss", "real", "fake", "gap"]
    for key, value in together.items():
        found, other = (
            float(keras.ops.convert_to_numpy(x)) for x in (value, expected[key])
        )
        assert found == pytest.approx(other, rel=1e-5)


def test_what_is_measured_is_logged():
    model = Together(seed=0)
    model.compile(run_eagerly=True)
    assert "discriminator_gap" in model.train_on_batch(X, return_dict=True)
