"""Gaussian noise with the library's seeds."""

import keras
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.backend.seeds import SeedGenerator
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class GaussianNoise(keras.layers.Layer):
    """Adds normal noise in training.

    Unlike that of `keras.layers.GaussianNoise`, it differs between `tf.distribute`
    replicas.

    Args:
        deviation: float, at least 0. Standard deviation of the noise.
        seed: int or None.
    """

    def __init__(self, deviation, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.deviation = check_number("deviation", deviation, 0.0)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    def build(self, input_shape):
        self.built = True

    def call(self, x, training=False):
        if not training or self.deviation == 0.0:
            return x
        noise = keras.random.normal(ops.shape(x), seed=self.seed_generator)
        return x + self.deviation * ops.cast(noise, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {"deviation": self.deviation, "seed": self.seed}
        return {**super().get_config(), **own}
