"""TensorFlow: gradients by tape, compiled functions by `tf.function` with XLA."""

import contextlib

import keras
import tensorflow as tf
from keras.src.trainers.data_adapters.tf_dataset_adapter import TFDatasetAdapter

_ZERO = tf.UnconnectedGradients.ZERO

FUSES_SLICES = False


def value_and_grad(loss_fn, variables):
    """Returns `((loss, aux), gradients)` of `loss_fn() -> (loss, aux)`."""
    if not variables:
        return loss_fn(), []
    values = [variable.value for variable in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        loss, aux = loss_fn()
    return (loss, aux), tape.gradient(loss, values, unconnected_gradients=_ZERO)


def joint_value_and_grad(loss_fn, groups):
    """Returns `((losses, aux), gradients)` of `loss_fn() -> (losses, aux)`."""
    groups = [[variable.value for variable in group] for group in groups]
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(groups)
        losses, aux = loss_fn()
    return (losses, aux), [
        tape.gradient(loss, group, unconnected_gradients=_ZERO) if group else []
        for loss, group in zip(losses, groups, strict=True)
    ]


def gradient(fn, values):
    """Returns the gradients of the scalar `fn(values)` with respect to `values`."""
    return gradient_with_aux(lambda values: (fn(values), ()), values)[1]


def gradient_with_aux(fn, values):
    """Returns `(aux, gradients)` of `fn(values) -> (scalar, aux)`."""
    values = [tf.convert_to_tensor(value) for value in values]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        value, aux = fn(values)
    return aux, tape.gradient(value, values, unconnected_gradients=_ZERO)


def run_train_step(model, step, data):
    """Runs `step(data)`; variables are assigned in place, if there is data.

    Parts of a graph that need no data, such as counters and seeds, would else run
    also when the data ends or fails.
    """
    with tf.control_dependencies([x for x in tf.nest.flatten(data) if x is not None]):
        return step(data)


run_test_step = run_train_step


class Trainer:
    """Mixin before `keras.Model`: which weights `predict` uses."""

    def predict_step(self, data):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.predicted(x)


def compile_function(model, fn, jit_compile=True):
    """Returns `fn` as one graph, compiled by XLA unless `jit_compile=False`."""
    compiled = tf.function(fn, jit_compile=jit_compile, autograph=False)

    graphs = {}

    # TensorFlow counts the tracings of all functions from one line of code as those of
    # one function, and then warns of retracing; what is traced here is counted here.
    def call(*args):
        args = [tf.convert_to_tensor(arg) for arg in args]
        kinds = tuple((tuple(arg.shape), arg.dtype) for arg in args)
        if kinds not in graphs:
            graphs[kinds] = compiled.get_concrete_function(*args)
        return graphs[kinds](*args)

    return call


def settle(epoch_iterator):
    """Switches autotuning off, unless the data is the user's own `tf.data.Dataset`.

    tf.data tunes an iterator in a thread that sleeps for 10, 20, 40 ms and so on, and
    which the iterator's end waits for: an epoch of 1.3 s would last 2.5 s. In what
    Keras makes of arrays and of a `PyDataset` there is nothing to tune.
    """
    data = epoch_iterator._distributed_dataset
    adapter = epoch_iterator.data_adapter
    own = not isinstance(getattr(adapter, "inner", adapter), TFDatasetAdapter)
    if own and isinstance(data, tf.data.Dataset):
        options = tf.data.Options()
        options.autotune.enabled = False
        epoch_iterator._distributed_dataset = data.with_options(options)


def no_gradient():
    """TensorFlow records on a tape alone, so there is nothing to switch off."""
    return contextlib.nullcontext()


def no_copies():
    """TensorFlow's channels come last as well, so that Keras copies nothing."""
    return contextlib.nullcontext()


def speed_up(optimizer):
    """Does nothing: the optimizer is part of the compiled step."""


def replica_id():
    """Returns this replica's number under `tf.distribute`, else None."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return None
    return context.replica_id_in_sync_group


def num_replicas():
    """Returns how many replicas share a step."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def export_options(format, inputs):
    """Returns no options of `keras.Model.export`: batches have any size."""
    return {}
