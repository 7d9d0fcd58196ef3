"""How large the gradients of a model's players are, without moving anything."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend


def gradient_norms(model, x, labels=None):
    """Returns the norm of each player's gradient on one batch.

    The networks run as in training, by the next of the model's own seeds, and nothing
    that they change is kept: weights, batch statistics and seeds stay, so that training
    goes on as if this had not been called.

    Args:
        model: compiled `GenerativeModel`.
        x: array, a batch as `fit` takes it, such as images `(batch, height, width,
            channels)`.
        labels: array of the conditions of the batch, or None.

    Returns:
        dict of floats by phase: the Euclidean norm of the gradient of the phase's loss
        with respect to all the weights that it trains now. Not finite where the
        gradient is not.

    Raises:
        ValueError: if the model is not compiled.
    """
    if not model.compiled:
        raise ValueError(
            "`model` must be compiled, as losses are scaled by its optimizers. "
            f"Received: model={type(model).__name__}, which is not"
        )
    model.sync()
    x = keras.tree.map_structure(np.asarray, x)
    batch = (x,) if labels is None or not model.conditional else (x, labels)
    trained = [[id(v) for v in model.trained_variables(p)] for p in model.phases]
    key = repr(("gradient_norms", len(batch), trained))
    if key not in model._functions:

        def norms(*arrays):
            return _norms(model, *keras.tree.pack_sequence_as(batch, arrays))

        model._functions[key] = backend.compile_function(model, norms)
    norms = ops.convert_to_numpy(model._functions[key](*keras.tree.flatten(batch)))
    return dict(zip(model.phases, map(float, norms), strict=True))


def _norms(model, x, labels=None):
    """Returns a tensor of the norms, in the order of the phases."""
    x, labels = model.shaped(x, labels)
    x, labels = model.preprocess(x), model._prepare_labels(labels)
    model.carried.clear()
    found = {}
    for phases in model._turns():
        groups = [model.trained_variables(phase) for phase in phases]

        def losses(phases=phases):
            return model._phase_losses(phases, x, labels, True)

        with backend.substitute([]):  # what is written there is dropped
            (_, (_, carried)), gradients = backend.joint_value_and_grad(losses, groups)
        model.carried.update(carried)
        for phase, own in zip(phases, gradients, strict=True):
            squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in own]
            scale = model.optimizer.scale_phase_loss(phase, 1.0)
            found[phase] = ops.sqrt(sum(squares, ops.zeros(()))) / scale
    model.carried.clear()
    return ops.stack([found[phase] for phase in model.phases])
