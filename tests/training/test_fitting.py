"""What surrounds the step."""

import keras
import numpy as np
import pytest

from kerasgen.data import Dataset
from tests.tiny_gan import tiny_gan


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
