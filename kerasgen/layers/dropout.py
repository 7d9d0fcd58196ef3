"""Dropout with the library's seeds."""

import keras
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.backend.seeds import SeedGenerator
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class NoiseDropout(keras.layers.Layer):
    """Drops inputs by noise that is given, in training and after it.

    So the noise of a generator is an input like latents: who gives it can repeat it.

    Args:
        rate: float in [0, 1). The share of the inputs that are set to 0; the others are
            scaled by `1 / (1 - rate)`.

    Call:   `[inputs, noise]`, of one size an example; noise is uniform on `[0, 1)`.

    Reference: [Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html).
    """

    def __init__(self, rate, **kwargs):
        super().__init__(autocast=False, **kwargs)  # half of the noise's bits are few
        self.rate = check_number("rate", rate, 0.0)
        if self.rate >= 1.0:
            raise ValueError(f"`rate` must be less than 1. Received: rate={rate}")

    def build(self, input_shape):
        self.built = True

    def call(self, inputs):
        x, noise = inputs
        kept = ops.reshape(noise, (-1, *x.shape[1:])) >= self.rate
        return x * ops.cast(kept, x.dtype) / (1.0 - self.rate)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable(PACKAGE)
class Dropout(keras.layers.Layer):
    """Drops inputs in training, and scales the others by `1 / (1 - rate)`.

    Unlike `keras.layers.Dropout`, its masks differ between `tf.distribute` replicas.

    Args:
        rate: float in [0, 1]. The share of the inputs that are set to 0.
        seed: int or None.

    Reference: [Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html).
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = check_number("rate", rate, 0.0, 1.0)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)

    def build(self, input_shape):
        self.built = True

    def call(self, inputs, training=False):
        if not training or self.rate == 0.0:
            return inputs
        return keras.random.dropout(inputs, self.rate, seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
