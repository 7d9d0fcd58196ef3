"""The training step and the test step, written once for all models and backends."""

import itertools

import keras
from keras import ops

from kerasgen import backend, features
from kerasgen.backend.seeds import HeldSeed
from kerasgen.training import averages
from kerasgen.training.inner_steps import values_after


class Stepping:
    """Mixin of `GenerativeModel`: runs the phases that a model declares.

    Attributes:
        carried: dict of the tensors that phases of this step have handed on, see
            `compute_losses`.
    """

    _held_seed = None  # a function that gives the seeds of draws inside `lazily`

    def draw_seed(self, training):
        """Returns the seed of one draw: it moves on in training, never else."""
        if self._held_seed is not None:
            return self._held_seed()
        return self.seed_generator if training else self._evaluation_seeds.next()

    def lazily(self, interval, function, otherwise):
        """Returns `function()` in one step of so many, `otherwise` in the others.

        What is not asked for is not computed. In such a function draws by `draw_seed`
        are its own, and no variable may be assigned to: assign what it returns.

        Args:
            interval: int. Steps; the first one, number 0, is one that computes.
            function: function of nothing to a float32 tensor.
            otherwise: tensor or number of the same shape.
        """
        if interval == 1:
            return function()
        seed, drawn = self.seed_generator.next(), itertools.count(1)

        def held():
            return HeldSeed(seed, next(drawn))

        def computed():
            outer, self._held_seed = self._held_seed, held
            try:
                return ops.cast(function(), "float32")
            finally:
                self._held_seed = outer

        kept = ops.cast(otherwise, "float32")
        due = ops.equal(self.steps.value % interval, 0)
        return ops.cond(due, computed, lambda: kept)

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

    def added_loss(self, phase):
        """Returns what is added to any loss of a phase: a scalar, or None for nothing.

        For a term of its weights alone, beside those that its networks give to
        `add_loss`. In evaluation it is added, too.

        Args:
            phase: str.
        """
        return None

    def moved(self, phase):
        """Called after each update of a phase, with its weights moved: does nothing.

        Override it for state that follows the weights. No gradient goes through it.

        Args:
            phase: str.
        """

    def unrolled(self, phase, loss_fn, steps):
        """Returns a context in which a phase's weights are those of some steps later.

        The steps are those of the phase's optimizer, from its slots as they are, with
        one loss. What is computed in the context has gradients through all of them;
        neither weights nor slots move, nor what `loss_fn` assigns, such as seeds: what
        it draws is the same in each step.

        Args:
            phase: str.
            loss_fn: function of nothing to a scalar, which reads the phase's weights.
            steps: int, at least 0.

        Raises:
            ValueError: if the optimizer is neither Adam nor SGD.
        """
        variables, optimizer = self.trained_variables(phase), self.optimizer
        player = None if steps == 0 else optimizer.players[phase]
        pairs = values_after(player, variables, loss_fn, steps)
        return backend.substitute(pairs)

    def clip_weights(self, phase, bound):
        """Clips what a phase trains to `[-bound, bound]`: for `moved` or `update`.

        Args:
            phase: str.
            bound: float above 0.
        """
        with backend.no_gradient():
            for variable in self.trained_variables(phase):
                variable.assign(ops.clip(variable.value, -bound, bound))

    def update(self, phase, x, labels):
        """Makes one update of one phase. Override for a controller."""

        def loss_fn():
            losses, told = self._phase_losses((phase,), x, labels, True)
            return losses[0], told

        variables = self.trained_variables(phase)
        (_, told), gradients = backend.value_and_grad(loss_fn, variables)
        self._move([(phase, gradients, variables)], *told, x)

    def update_together(self, phases, x, labels):
        """Makes one update of each of several joined phases, none seeing the others'.

        Args:
            phases: tuple of str.
            x, labels: as in `compute_losses`.
        """
        groups = [self.trained_variables(phase) for phase in phases]
        (_, told), gradients = backend.joint_value_and_grad(
            lambda: self._phase_losses(phases, x, labels, True), groups
        )
        self._move(zip(phases, gradients, groups, strict=True), *told, x)

    def _move(self, moves, scalars, carried, x):
        """Applies the gradients of phases, and notes their scalars.

        Args:
            moves: iterable of phase, gradients and variables.
            scalars, carried: as `_phase_losses` returns them.
            x: the batch.
        """
        with backend.no_gradient():
            self.carried.update(carried)
            for phase, gradients, variables in moves:
                when = self.gate(phase, scalars[phase])
                self.optimizer.apply_phase(phase, gradients, variables, when)
                self.moved(phase)
                self._record(phase, x, scalars[phase])
                loss = scalars[phase]["loss"]
                bad = self._phases[phase].first_bad_step
                known = ops.logical_or(ops.isfinite(loss), bad.value >= 0)
                bad.assign(ops.where(known, bad.value, self.steps.value))

    def _phase_losses(self, phases, x, labels, training):
        """Returns what phases minimise, and their scalars and what they hand on.

        Args:
            phases: tuple of one phase, or of joined ones.
            x, labels, training: as in `compute_losses`.

        Returns:
            list of losses, in training as gradients are taken of them, and a pair: a
            dict by phase of dicts of scalars, and a dict of tensors.
        """
        self._clear_losses()
        if len(phases) == 1:
            losses, carried = handed_on(
                self.compute_losses(phases[0], x, labels, training)
            )
            found = {phases[0]: losses}
        else:
            found, carried = handed_on(
                self.compute_joint_losses(phases, x, labels, training)
            )
            if set(found) != set(phases):
                raise ValueError(
                    "`compute_joint_losses` must return a dict with the phases as "
                    f"keys, {phases}. Received: {tuple(found)}"
                )
        scalars = {phase: self._with_added(phase, found[phase]) for phase in phases}
        self._clear_losses()
        carried = keras.tree.map_structure(ops.stop_gradient, dict(carried))
        losses = [scalars[phase]["loss"] for phase in phases]
        if training:
            scale, count = self.optimizer.scale_phase_loss, backend.num_replicas()
            losses = [scale(p, scalars[p]["loss"] / count) for p in phases]
        return losses, (scalars, carried)

    def _with_added(self, phase, losses):
        """Returns the scalars as float32, with the `add_loss` terms of its networks."""
        scalars = dict(losses)
        if tuple(scalars) != self._phases[phase].scalars:
            raise ValueError(
                "`compute_losses` must return the scalars that `add_phase` declares, "
                f"{self._phases[phase].scalars}. Received: {tuple(scalars)}"
            )
        added = [x for n in self._phases[phase].networks for x in n.losses]
        if (term := self.added_loss(phase)) is not None:
            added.append(term)
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
                _, (scalars, carried) = self._phase_losses(phases, x, labels, False)
                self.carried.update(carried)
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


def handed_on(losses):
    """Returns losses and what is handed on, of what `compute_losses` returned."""
    return losses if isinstance(losses, tuple) else (losses, {})
