"""Hand-written loops around the Keras layers of a model of this library.

What a careful user of Keras writes without `fit`: on TensorFlow a `tf.function` with a
tape and `keras.optimizers.Adam`, on JAX a jitted step with donated state, on PyTorch
`backward()` and `torch.optim.Adam`. The layers are those of the model, so the ratio
tells what `fit` and the training core cost; what the layers themselves cost shows in
the rows of the models that are written out in the backend's own operations. A step is
one update of each phase, on the same batch.
"""

import keras
import numpy as np

import kerasgen


class _Loop:
    """A loop over shuffled batches of one array.

    Args:
        model: model of kerasgen.
        images: `uint8` array.
        batch_size: int.
    """

    def __init__(self, model, images, batch_size):
        self.model, self.images, self.batch_size = model, images, batch_size
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
        several = len(self.model.phases) > 1
        return {
            f"{phase}_{key}" if several else key: float(
                np.mean([keras.ops.convert_to_numpy(log[phase][key]) for log in logs])
            )
            for phase in self.model.phases
            for key in logs[0][phase]
        }

    def _losses(self, phase, images):
        x = self.model.preprocess(images)
        return self.model.compute_losses(phase, x, None, training=True)

    def _optimizers(self):
        """Returns an Adam a phase, with its moments."""
        optimizers = {phase: keras.optimizers.Adam(1e-3) for phase in self.model.phases}
        for phase, optimizer in optimizers.items():
            optimizer.build(self.model.phase_variables(phase))
        return optimizers


class _TensorflowLoop(_Loop):
    def _init(self):
        import tensorflow as tf

        optimizers = self._optimizers()

        def update(phase, images):
            variables = self.model.phase_variables(phase)
            weights = [variable.value for variable in variables]
            with tf.GradientTape() as tape:
                losses = self._losses(phase, images)
            gradients = tape.gradient(
                losses["loss"], weights, unconnected_gradients="zero"
            )
            optimizers[phase].apply(gradients, variables)
            return losses

        @tf.function
        def step(images):
            return {phase: update(phase, images) for phase in optimizers}

        self._step = lambda images: step(tf.constant(images))


class _JaxLoop(_Loop):
    def _init(self):
        import jax

        optimizers = self._optimizers()
        trained = {p: self.model.phase_variables(p) for p in optimizers}
        rest = self.model.non_trainable_variables

        def loss_fn(values, phase, others, images):
            mapping = [*zip(trained[phase], values, strict=True)]
            mapping += zip(rest, others, strict=True)
            with keras.StatelessScope(mapping) as scope:
                losses = self._losses(phase, images)
            others = [scope.get_current_value(v) for v in rest]
            return losses["loss"], (losses, others)

        def step(values, others, moments, images):
            values, moments, logs = dict(values), dict(moments), {}
            differentiate = jax.grad(loss_fn, has_aux=True)
            for phase, optimizer in optimizers.items():
                gradients, (logs[phase], others) = differentiate(
                    values[phase], phase, others, images
                )
                values[phase], moments[phase] = optimizer.stateless_apply(
                    moments[phase], gradients, values[phase]
                )
            return values, others, moments, logs

        compiled = jax.jit(step, donate_argnums=(0, 1, 2))
        moments = {p: optimizer.variables for p, optimizer in optimizers.items()}
        state = [
            jax.tree.map(lambda v: keras.ops.copy(v.value), group)
            for group in (trained, rest, moments)
        ]

        def run(images):
            *state[:], logs = compiled(*state, images)
            return logs

        self._step = run


class _TorchLoop(_Loop):
    def _init(self):
        import torch

        weights = {
            phase: [v.value for v in self.model.phase_variables(phase)]
            for phase in self.model.phases
        }
        optimizers = {
            phase: torch.optim.Adam(values, 1e-3, eps=1e-7)
            for phase, values in weights.items()
        }

        def update(phase, images):
            losses = self._losses(phase, images)
            optimizers[phase].zero_grad()
            losses["loss"].backward()
            optimizers[phase].step()
            return {key: value.detach() for key, value in losses.items()}

        def step(images):
            images = torch.from_numpy(images).to(next(iter(weights.values()))[0].device)
            return {phase: update(phase, images) for phase in optimizers}

        self._step = step


LOOPS = {"tensorflow": _TensorflowLoop, "jax": _JaxLoop, "torch": _TorchLoop}


def trainer(name, images, batch_size, precision, **sizes):
    """Returns the loop of the running backend around a new model."""
    cls = kerasgen.list_models()[name]
    model = cls(images.shape[1:], dtype=precision, **sizes)
    return LOOPS[keras.backend.backend()](model, images, batch_size)
