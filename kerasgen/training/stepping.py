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
        for phases in self._turns():
            for i in range(self._phases[phases[0]].updates):
                part = self._part(i, x, labels)
                if len(phases) == 1:
                    self.update(phases[0], *part)
                else:
                    self.update_together(phases, *part)
        self.carried.clear()
        self.steps.assign(self.steps + 1)
        self.count_examples(x)
        averages.update(self)
        return self._logs()

    def _turns(self):
        """Returns tuples of the phases that are updated at once, in their order."""
        joined = {phases[0]: phases for phases in self._joined}
        later = {phase for phases in self._joined for phase in phases[1:]}
        return [joined.get(p, (p,)) for p in self._phases if p not in later]

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
            return self._scaled(phase, loss), (scalars, carried)

        variables = self.trained_variables(phase)
        (_, (scalars, carried)), gradients = backend.value_and_grad(loss_fn, variables)
        with backend.no_gradient():
            self.carried.update(carried)
            self._move(phase, gradients, variables, scalars, x)

    def update_together(self, phases, x, labels):
        """Makes one update of each of several joined phases, none seeing the others'.

        Args:
            phases: tuple of str.
            x, labels: as in `compute_losses`.
        """

        def loss_fn():
            losses, scalars, carried = self._joint_losses(phases, x, labels, True)
            scaled = [self._scaled(p, loss) for p, loss in losses.items()]
            return scaled, (scalars, carried)

        groups = [self.trained_variables(phase) for phase in phases]
        (_, (scalars, carried)), gradients = backend.joint_value_and_grad(
            loss_fn, groups
        )
        with backend.no_gradient():
            self.carried.update(carried)
            for phase, found, variables in zip(phases, gradients, groups, strict=True):
                self._move(phase, found, variables, scalars[phase], x)

    def _scaled(self, phase, loss):
        return self.optimizer.scale_phase_loss(phase, loss / backend.num_replicas())

    def _move(self, phase, gradients, variables, scalars, x):
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
        scalars = self._with_added(phase, losses)
        self._clear_losses()
        carried = keras.tree.map_structure(ops.stop_gradient, dict(carried))
        return scalars["loss"], scalars, carried

    def _joint_losses(self, phases, x, labels, training):
        """Returns losses and scalars, dicts by phase, and what is handed on."""
        self._clear_losses()
        found = self.compute_joint_losses(phases, x, labels, training)
        found, carried = found if isinstance(found, tuple) else (found, {})
        if set(found) != set(phases):
            raise ValueError(
                "`compute_joint_losses` must return a dict with the phases as keys, "
                f"{phases}. Received: {tuple(found)}"
            )
        scalars = {phase: self._with_added(phase, found[phase]) for phase in phases}
        self._clear_losses()
        carried = keras.tree.map_structure(ops.stop_gradient, dict(carried))
        losses = {phase: scalars[phase]["loss"] for phase in phases}
        return losses, scalars, carried

    def _with_added(self, phase, losses):
        """Returns the scalars as float32, with the `add_loss` terms of its networks."""
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
        return scalars

    def _test_step(self, data):
        x, labels = self.shaped(*keras.utils.unpack_x_y_sample_weight(data)[:2])
        x, labels = self.preprocess(x), self._prepare_labels(labels)
        seen = ops.cast(self.metrics[0].count.value, self.seed_generator.state.dtype)
        with self._evaluation_seeds.batch(seen):
            self.carried.clear()
            for phases in self._turns():
                if len(phases) == 1:
                    found = self._phase_losses(phases[0], x, labels, False)
                    scalars = {phases[0]: found[1]}
                else:
                    found = self._joint_losses(phases, x, labels, False)
                    scalars = found[1]
                self.carried.update(found[2])
                for phase in phases:
                    self._record(phase, x, scalars[phase])
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
