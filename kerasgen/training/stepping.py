"""The training step and the test step, written once for all models and backends."""

import keras
from keras import ops

from kerasgen import backend, features
from kerasgen.training import averages


class Stepping:
    """Mixin of `GenerativeModel`: runs the phases that a model declares.

    Attributes:
        carried: dict of the tensors that phases of this step have handed on, see
            `compute_losses`.
    """

    def draw_seed(self, training):
        """Returns the seed of one draw: it moves on in training, never else."""
        return self.seed_generator if training else self._evaluation_seeds.next()

    def train_step(self, *args):
        return backend.run_train_step(self, self._train_step, *args)

    def test_step(self, *args):
        return backend.run_test_step(self, self._test_step, *args)

    def _train_step(self, data):
        self.carried.clear()
        x, labels = self.shaped(*keras.utils.unpack_x_y_sample_weight(data)[:2])
        for phase in self._phases.values():
            for i in range(phase.updates):
                self.update(phase.name, *self._part(i, x, labels))
        self.carried.clear()
        self.steps.assign(self.steps + 1)
        averages.update(self)
        return self._logs()

    def _part(self, i, x, labels):
        """Returns batch `i` of those that one step of a fit draws together."""
        count = self.batches_per_step
        if count > 1:  # strided, so that replicas split every batch alike
            x, labels = keras.tree.map_structure(
                lambda part: None if part is None else part[i % count :: count],
                (x, labels),
            )
        return self.preprocess(x), self._prepare_labels(labels)

    def gate(self, phase, scalars):
        """Returns whether the phase moves in this update: a bool tensor, or None.

        Where it is false, the weights of the phase and the slots of its optimizer stay
        as they are. None, which is the default, is for a phase that always moves.

        Args:
            phase: str.
            scalars: dict of the phase's scalars in this update.
        """
        return None

    def update(self, phase, x, labels):
        """Makes one update of one phase. Override for a controller."""

        def loss_fn():
            loss, scalars, carried = self._phase_losses(phase, x, labels, True)
            loss = loss / backend.num_replicas()
            return self.optimizer.scale_phase_loss(phase, loss), (scalars, carried)

        variables = self.trained_variables(phase)
        (_, (scalars, carried)), gradients = backend.value_and_grad(loss_fn, variables)
        with backend.no_gradient():
            self.carried.update(carried)
            when = self.gate(phase, scalars)
            self.optimizer.apply_phase(phase, gradients, variables, when)
            self._record(phase, x, scalars)
            bad = self._phases[phase].first_bad_step
            known = ops.logical_or(ops.isfinite(scalars["loss"]), bad.value >= 0)
            bad.assign(ops.where(known, bad.value, self.steps.value))

    def _phase_losses(self, phase, x, labels, training):
        """Returns the loss, the scalars and what is handed on."""
        self._clear_losses()
        losses = self.compute_losses(phase, x, labels, training)
        losses, carried = losses if isinstance(losses, tuple) else (losses, {})
        scalars = dict(losses)
        if tuple(scalars) != self._phases[phase].scalars:
            raise ValueError(
                "`compute_losses` must return the scalars that `add_phase` declares, "
                f"{self._phases[phase].scalars}. Received: {tuple(scalars)}"
            )
        added = [x for n in self._phases[phase].networks for x in n.losses]
        scalars = {key: ops.cast(x, "float32") for key, x in scalars.items()}
        for loss in added:
            scalars["loss"] = scalars["loss"] + ops.cast(loss, "float32")
        self._clear_losses()
        carried = keras.tree.map_structure(ops.stop_gradient, dict(carried))
        return scalars["loss"], scalars, carried

    def _test_step(self, data):
        x, labels = self.shaped(*keras.utils.unpack_x_y_sample_weight(data)[:2])
        x, labels = self.preprocess(x), self._prepare_labels(labels)
        seen = ops.cast(self.metrics[0].count.value, self.seed_generator.state.dtype)
        with self._evaluation_seeds.batch(seen):
            self.carried.clear()
            for phase in self._phases:
                _, scalars, carried = self._phase_losses(phase, x, labels, False)
                self.carried.update(carried)
                self._record(phase, x, scalars)
            self.carried.clear()
        return self._logs()

    def _record(self, phase, x, scalars):
        declared = self._phases[phase]
        names = declared.log_names(len(self._phases) > 1)
        for name, key in zip(names, declared.scalars, strict=True):
            # By key: JAX returns dicts sorted.
            self._scalars[name].update_state(scalars[key], features.count_examples(x))

    def _logs(self):
        return {name: scalar.result() for name, scalar in self._scalars.items()}
