"""A model as the callbacks see one, small enough to train in a moment."""

from types import MappingProxyType

import keras
import numpy as np
from keras import ops


def discriminator_loss(y, y_pred):
    return ops.mean(ops.square(y - y_pred), axis=-1)


def generator_loss(y, y_pred):
    return ops.mean(ops.abs(y - y_pred), axis=-1)


class TwoPlayers(keras.optimizers.SGD):
    def __init__(self):
        super().__init__(0.1)
        self.players = MappingProxyType(
            {
                "discriminator": keras.optimizers.Adam(4e-4),
                "generator": keras.optimizers.Adam(1e-4),
            }
        )


class TinyModel(keras.Model):
    """Samples are 4x4 images, or points, that depend on seed, labels and weights."""

    phases = ("discriminator", "generator")

    def __init__(self, num_classes=None, points=False, channels=1):
        super().__init__()
        self.num_classes = num_classes
        self.image_shape = None if points else (4, 4, channels)
        self.dense = keras.layers.Dense(1, kernel_initializer="ones", name="dense")
        self.build((None, 3))
        self.calls = []
        metrics = [discriminator_loss, generator_loss]
        self.compile(optimizer=TwoPlayers(), loss="mse", metrics=metrics)

    @property
    def steps(self):
        return self.optimizer.iterations

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, x):
        return self.dense(x)

    def sample(self, num_samples, labels=None, seed=None, batch_size=None):
        self.calls.append({"n": num_samples, "labels": labels, "seed": seed})
        rng = np.random.default_rng(seed)
        kernel = ops.convert_to_numpy(self.dense.kernel)
        if self.image_shape is None:
            return (rng.normal(size=(num_samples, 2)) + kernel.sum()).astype("float32")
        images = rng.random((num_samples, *self.image_shape))
        images = 0.5 * images + 0.5 * (kernel.sum() % 1)
        if labels is not None:
            images[:] = (np.asarray(labels) % 10 / 10).reshape(-1, 1, 1, 1)
        return images.astype("float32")

    def reconstruct(self, x):
        return np.asarray(x, "float32") * 0.5


def train(model, callbacks, epochs=2, initial_epoch=0, validation=False):
    """Fits on 8 rows in batches of 2, so an epoch has 4 steps."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)).astype("float32"), np.ones((8, 1), "float32")
    for callback in callbacks:
        if hasattr(callback, "set_callbacks"):
            callback.set_callbacks(callbacks)
    return model.fit(
        x,
        y,
        batch_size=2,
        epochs=epochs,
        initial_epoch=initial_epoch,
        validation_data=(x, y) if validation else None,
        callbacks=callbacks,
        verbose=0,
    )


def read_events(folder):
    """Returns {tag: [(step, value), ...]} as TensorBoard's own reader sees them."""
    from tensorboard.backend.event_processing import plugin_event_accumulator
    from tensorboard.util import tensor_util

    reader = plugin_event_accumulator.EventAccumulator(
        str(folder), size_guidance={plugin_event_accumulator.TENSORS: 0}
    )
    reader.Reload()
    return {
        tag: [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events]
        for tag in reader.Tags()["tensors"]
        for events in [reader.Tensors(tag)]
    }
