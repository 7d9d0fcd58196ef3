"""JAX: the same imperative step, run on values held by a stateless scope."""

import collections
import contextlib
import itertools

import jax
import keras

from kerasgen.backend.jax_gradients import Scope as _Scope
from kerasgen.backend.jax_gradients import gradient as gradient
from kerasgen.backend.jax_gradients import gradient_with_aux as gradient_with_aux
from kerasgen.backend.jax_gradients import joint_value_and_grad as joint_value_and_grad
from kerasgen.backend.jax_gradients import value_and_grad as value_and_grad
from kerasgen.backend.signals import deferred_signals
from kerasgen.backend.variables import made_fixed, made_trainable

FUSES_SLICES = True  # XLA does

_GROUPS = (
    "trainable_variables",
    "non_trainable_variables",
    "optimizer_variables",
    "metrics_variables",
)


def _run(model, state, step, data):
    groups = model._state_groups()[: len(state) - 1] + [model.metrics_variables]
    variables = [variable for group in groups for variable in group]
    mapping = zip(variables, jax.tree_util.tree_leaves(state), strict=True)
    with _Scope(list(mapping)) as scope:
        logs = step(data)
    return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)


def run_train_step(model, step, state, data):
    """Runs `step(data)` on the values in `state`: `(logs, new_state)`."""
    return _run(model, state, step, data)


run_test_step = run_train_step


class Trainer:
    """Mixin before `keras.Model`: how the state goes through Keras's JAX steps.

    Its order does not change when a layer is frozen, and the model keeps what a step
    has made in the same moment, because the step has taken the memory of the state
    before: whatever ends the loop around it, the last finished step stays.
    """

    def _state_groups(self):
        optimizer = getattr(self, "optimizer", None)
        slots = [] if optimizer is None else optimizer.variables
        return [made_trainable(self), made_fixed(self), slots]

    def _get_jax_state(self, purge_model_variables=False, **asked):
        self._jax_state = None  # what is in the variables counts
        groups = [*self._state_groups(), self.metrics_variables]
        return tuple(
            [variable.value for variable in group]
            for name, group in zip(_GROUPS, groups, strict=True)
            if asked.get(name)
        )

    def jax_state_sync(self):
        if not getattr(self, "_jax_state", None) or self._jax_state_synced:
            return
        groups = [*self._state_groups(), self.metrics_variables]
        with deferred_signals():
            for name, group in zip(_GROUPS, groups, strict=True):
                values = self._jax_state.get(name)
                pairs = () if values is None else zip(group, values, strict=True)
                for variable, value in pairs:
                    variable.assign(value)
            self._jax_state_synced = True

    def _get_state_sharding_spec(self):
        groups = [*self._state_groups(), self.metrics_variables]
        spec = tuple([v.value.sharding for v in group] for group in groups)
        self._check_sharding_consistency(*spec)
        return spec

    def __setattr__(self, name, value):
        if name in ("_jax_state", "_jax_state_synced"):
            object.__setattr__(self, name, value)  # Keras would track all of it
        else:
            super().__setattr__(name, value)

    def _make(self, make, step):
        """Makes a function of Keras's loops whose step is traced anew.

        `jax.jit` takes two bound methods of an object for one: `compile` would change
        nothing while anything holds the function of before.
        """
        bound = getattr(self, step)
        object.__setattr__(self, step, lambda state, data: bound(state, data))
        try:
            make(force=True)
        finally:
            object.__delattr__(self, step)

    def make_train_function(self, force=False):
        if self.train_function is None or force:
            self._make(super().make_train_function, "train_step")
            names = ("trainable", "non_trainable", "optimizer", "metrics")
            kept = self._keep_state(self.train_function, names)
            self.train_function = limit_queue(kept)
        return self.train_function

    def make_test_function(self, force=False):
        if self.test_function is None or force:
            self._make(super().make_test_function, "test_step")
            names = ("trainable", "non_trainable", "metrics")
            self.test_function = self._keep_state(self.test_function, names)
        return self.test_function

    def make_predict_function(self, force=False):
        if self.predict_function is None or force:
            super().make_predict_function(force=True)
            names = ("trainable", "non_trainable")
            self.predict_function = self._keep_state(self.predict_function, names)
        return self.predict_function

    def _keep_state(self, function, names):
        names = [f"{name}_variables" for name in names]

        def keeping(state, iterator):
            # The user's data is waited for out here, where Ctrl-C ends the wait.
            batches = [next(iterator)]
            batches += itertools.islice(iterator, self.steps_per_execution - 1)
            with deferred_signals():
                logs, state = function(state, iter(batches))
                self._jax_state = dict(zip(names, state, strict=True))
                self._jax_state_synced = False
            return logs, state

        return keeping

    def predict_step(self, state, data):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        groups = self._state_groups()[:2]
        mapping = zip(sum(groups, []), sum(state, []), strict=True)
        with _Scope(list(mapping)) as scope:
            outputs = self.predicted(x)
        return outputs, [scope.get_current_value(variable) for variable in groups[1]]

    def fit(self, *args, **kwargs):
        return self._then_synchronised(super().fit, args, kwargs)

    def evaluate(self, *args, **kwargs):
        return self._then_synchronised(super().evaluate, args, kwargs)

    def predict(self, *args, **kwargs):
        return self._then_synchronised(super().predict, args, kwargs)

    def train_on_batch(self, *args, **kwargs):
        return self._then_synchronised(super().train_on_batch, args, kwargs)

    def test_on_batch(self, *args, **kwargs):
        return self._then_synchronised(super().test_on_batch, args, kwargs)

    def predict_on_batch(self, *args, **kwargs):
        return self._then_synchronised(super().predict_on_batch, args, kwargs)

    def _then_synchronised(self, call, args, kwargs):
        self.jax_state_sync()
        try:
            return call(*args, **kwargs)
        finally:
            self.jax_state_sync()

    def _purge_model_variables(self, **kwargs):
        """Keeps the variables: a failed first step must leave the model whole."""


def compile_function(model, fn, jit_compile=True):
    """Returns `fn` under `jax.jit`, with the model's variables as arguments."""

    def pure(values, args):
        with _Scope(list(zip(model.variables, values, strict=True))):
            return fn(*args)

    compiled = jax.jit(pure) if jit_compile else pure

    def call(*args):
        args = tuple(keras.ops.convert_to_tensor(arg) for arg in args)
        return compiled([variable.value for variable in model.variables], args)

    return call


def settle(epoch_iterator):
    """Does nothing: Keras reads ahead on TensorFlow alone."""


def limit_queue(train_function, length=2):
    """Returns a train function that is never more than `length` steps ahead.

    JAX only notes down what a step computes, and a CPU falls behind by hundreds of
    steps: Ctrl-C, and all that reads the state, would wait for every one of them.
    """
    waiting = collections.deque()

    def limited(state, iterator):
        logs, state = train_function(state, iterator)
        waiting.append(logs)
        if len(waiting) > length:
            jax.block_until_ready(waiting.popleft())
        return logs, state

    return limited


def no_gradient():
    """JAX differentiates functions alone, so there is nothing to switch off."""
    return contextlib.nullcontext()


def no_copies():
    """XLA lays out images itself, so that Keras copies nothing."""
    return contextlib.nullcontext()


def speed_up(optimizer):
    """Does nothing: XLA and the graph already join an optimizer's passes."""


def replica_id():
    """JAX sees one global program: there are no replicas."""


def num_replicas():
    """JAX sees one global program: there are no replicas."""
    return 1


def export_options(format, inputs):
    """Returns no options of `keras.Model.export`: batches have any size."""
    return {}
