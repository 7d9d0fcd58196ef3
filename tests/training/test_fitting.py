"""What surrounds the step."""

import keras
import numpy as np
import pytest

from kerasgen.checkpoints.checkpoint import assign
from kerasgen.data import Dataset
from tests.tiny_gan import TinyGAN, digests, tiny_data, tiny_gan, values


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX alone has one")
def test_the_state_that_jax_trains_is_not_searched_for_variables():
    """Keras sets it at every step, and would make it a tracked copy each time."""
    model = tiny_gan()
    state, before = {"metrics_variables": [model.steps]}, len(model.variables)
    model._jax_state = state
    assert model._jax_state is state
    assert len(model.variables) == before


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TensorFlow alone tunes data"
)
def test_the_end_of_an_epoch_waits_for_no_tuning_of_data():
    """Its thread sleeps up to as long as the epoch lasted, and is waited for."""
    import tensorflow as tf

    tuned = []

    class Spy(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            options = self.model._epoch_iterator._distributed_dataset.options()
            tuned.append(options.autotune.enabled)

    model = tiny_gan()
    model.compile(run_eagerly=True)
    images = np.zeros((4, *model.image_shape), "uint8")
    own = tf.data.Dataset.from_tensor_slices((images,)).batch(2)
    for data in (images, Dataset(images, batch_size=2), own):
        model.fit(data, verbose=0, callbacks=[Spy()])
    assert tuned[:2] == [False, False]
    assert tuned[2] is not False, "the user's pipeline was changed"


def test_a_model_compiled_again_trains_and_is_evaluated_as_it_is_now():
    """`jax.jit` gave the step of before while anything held it: losses, settings."""

    class Doubled(TinyGAN):
        factor = 1.0

        def compute_losses(self, phase, x, labels, training):
            losses = super().compute_losses(phase, x, labels, training)
            return {name: self.factor * value for name, value in losses.items()}

    def made():
        keras.utils.set_random_seed(0)
        return Doubled(seed=1)

    def settings(nesterov):
        return {
            phase: keras.optimizers.SGD(0.1, momentum=0.5, nesterov=nesterov)
            for phase in ("discriminator", "generator")
        }

    def trained(model):
        losses = model.evaluate(tiny_data(), verbose=0, return_dict=True)
        model.fit(tiny_data(), verbose=0)
        return losses, digests(model)

    expected, again = made(), made()
    expected.factor = 2.0
    expected.compile(settings(True))
    again.compile(settings(False))
    first = trained(again)
    held = again.train_function, again.test_function
    again.factor = 2.0
    again.compile(settings(True))
    assign(again.state_variables(), values(expected))
    second = trained(again)
    assert second == trained(expected)
    assert second[0] != first[0] and second[1] != first[1]
    assert held
