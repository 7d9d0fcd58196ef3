"""Hand-written loops around the Keras layers of a model of this library.

What a careful user of Keras writes without `fit`: on TensorFlow a `tf.function` with a
tape and `keras.optimizers.Adam`, on JAX a jitted step with donated state, on PyTorch
`backward()` and `torch.optim.Adam`. The layers are those of the model, so the ratio
tells what `fit` and the training core cost; what the layers themselves cost shows in
the rows of the models that are written out in the backend's own operations.
"""

import keras
import numpy as np

import kerasgen


class _Loop:
    """A loop over shuffled batches of one array.

    Args:
        model: model of kerasgen with one phase.
        images: `uint8` array.
        batch_size: int.
    """

    def __init__(self, model, images, batch_size):
        self.model, self.images, self.batch_size = model, images, batch_size
        (self.phase,) = model.phases
        self.generator = np.random.default_rng(0)
        self._init()

    @property
    def num_parameters(self):
        return sum(int(np.prod(w.shape)) for w in self.model.trainable_variables)

    def train_epoch(self):
        """Trains for one pass and returns the mean of each scalar."""
        order, logs = self.generator.permutation(len(self.images)), []
        for i in range(len(order) // self.batch_size):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            logs.append(self._step(self.images[rows]))
        return {
            key: float(np.mean([keras.ops.convert_to_numpy(log[key]) for log in logs]))
            for key in logs[0]
        }

    def _losses(self, images):
        x = self.model.preprocess(images)
        return self.model.compute_losses(self.phase, x, None, training=True)


class _TensorflowLoop(_Loop):
    def _init(self):
        import tensorflow as tf

        optimizer = keras.optimizers.Adam(1e-3)
        optimizer.build(self.model.trainable_variables)
        weights = [variable.value for variable in self.model.trainable_variables]

        @tf.function
        def step(images):
            with tf.GradientTape() as tape:
                losses = self._losses(images)
            gradients = tape.gradient(
                losses["loss"], weights, unconnected_gradients="zero"
            )
            optimizer.apply(gradients, self.model.trainable_variables)
            return losses

        self._step = lambda images: step(tf.constant(images))


class _JaxLoop(_Loop):
    def _init(self):
        import jax

        optimizer = keras.optimizers.Adam(1e-3)
        optimizer.build(self.model.trainable_variables)
        trained = self.model.trainable_variables
        rest = self.model.non_trainable_variables

        def loss_fn(values, others, images):
            mapping = [*zip(trained, values, strict=True)]
            mapping += zip(rest, others, strict=True)
            with keras.StatelessScope(mapping) as scope:
                losses = self._losses(images)
            others = [scope.get_current_value(v) for v in rest]
            return losses["loss"], (losses, others)

        def step(values, others, moments, images):
            differentiate = jax.value_and_grad(loss_fn, has_aux=True)
            (_, (losses, others)), gradients = differentiate(values, others, images)
            values, moments = optimizer.stateless_apply(moments, gradients, values)
            return values, others, moments, losses

        compiled = jax.jit(step, donate_argnums=(0, 1, 2))
        groups = (trained, rest, optimizer.variables)
        state = [[keras.ops.copy(v.value) for v in group] for group in groups]

        def run(images):
            *state[:], losses = compiled(*state, images)
            return losses

        self._step = run


class _TorchLoop(_Loop):
    def _init(self):
        import torch

        weights = [variable.value for variable in self.model.trainable_variables]
        optimizer = torch.optim.Adam(weights, 1e-3, eps=1e-7)

        def step(images):
            losses = self._losses(torch.from_numpy(images).to(weights[0].device))
            optimizer.zero_grad()
            losses["loss"].backward()
            optimizer.step()
            return {key: value.detach() for key, value in losses.items()}

        self._step = step


LOOPS = {"tensorflow": _TensorflowLoop, "jax": _JaxLoop, "torch": _TorchLoop}


def trainer(name, images, batch_size, precision, **sizes):
    """Returns the loop of the running backend around a new model."""
    cls = kerasgen.list_models()[name]
    model = cls(images.shape[1:], dtype=precision, **sizes)
    return LOOPS[keras.backend.backend()](model, images, batch_size)
