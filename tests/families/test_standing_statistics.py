"""Standing statistics: the mean of all batches' moments, of the weights sampled by."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasgen.backend import to_numpy
from kerasgen.families.adversarial import TwoPlayerModel


class Normalized(TwoPlayerModel):
    """A generator of one batch normalisation of its latents."""

    def __init__(self, **kwargs):
        super().__init__((2, 2, 1), 4, **kwargs)
        self.norm = layers.BatchNormalization(momentum=0.9)
        self.generator = keras.Sequential(
            [keras.Input((4,)), self.norm, layers.Reshape(self.image_shape)]
        )
        self.discriminator = keras.Sequential(
            [keras.Input(self.image_shape), layers.Flatten(), layers.Dense(1)]
        )
        self.add_players()

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.1) for phase in self.phases}


@pytest.mark.every_backend
def test_moments_are_the_means_of_all_batches_equally_weighted():
    model = Normalized(seed=0)
    assert model.standing_statistics(3, 5, seed=1) == 1
    generator, _ = model.sampling_inputs(15, None, 1)
    z = model.numpy_latents(generator, 15).reshape(3, 5, 4)
    np.testing.assert_allclose(
        to_numpy(model.norm.moving_mean), z.mean(1).mean(0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        to_numpy(model.norm.moving_variance), z.var(1).mean(0), rtol=1e-5
    )
    assert model.norm.momentum == 0.9


@pytest.mark.every_backend
def test_averages_have_statistics_of_their_own():
    model = Normalized(seed=0)
    model.compile(average_decay=0.9)
    raw = to_numpy(model.norm.moving_mean).copy()
    before = model.sample(4, seed=0)
    model.standing_statistics(2, 8, seed=1)
    np.testing.assert_array_equal(to_numpy(model.norm.moving_mean), raw)
    assert not np.allclose(model.sample(4, seed=0), before)
    model.standing_statistics(2, 8, seed=1, weights="raw")
    assert not np.allclose(to_numpy(model.norm.moving_mean), raw)


def test_a_generator_without_batch_normalisation_has_none_to_set():
    model = Normalized(seed=0)
    model.generator = keras.Sequential(
        [keras.Input((4,)), layers.Reshape(model.image_shape)]
    )
    assert model.standing_statistics() == 0
