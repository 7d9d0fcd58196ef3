"""The convolutions that a model runs through: their activations, seen and changed.

A convolution's activations are its outputs behind its own normalisation and
non-linearity, whether these belong to the layer or are layers behind it.
"""

import collections
import contextlib
import dataclasses

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_batch_size
from kerasgen.images.values import to_float


@dataclasses.dataclass(eq=False)
class Stage:
    """A convolution of one pass and what follows it, up to another kind of layer.

    Attributes:
        name: str. Of the convolution.
        layer, number: the last layer, and which of its calls in a pass it is.
        shape: tuple `(height, width, maps)` of the activations.
    """

    name: str
    layer: object
    number: int
    shape: tuple


@contextlib.contextmanager
def calls_changed(layers, change):
    """Returns a context in which `change` stands before calls of layers.

    Args:
        layers: list of layers.
        change: function of `(layer, number, call, inputs)`, where `number` counts the
            calls of the layer, `inputs` are the positional arguments and
            `call(*inputs)` what the layer would return. What it returns takes that
            place.
    """
    counts, kept = collections.Counter(), []

    def changed(layer, original):
        def call(*inputs, **options):
            number = counts[id(layer)]
            counts[id(layer)] += 1
            return change(layer, number, lambda *x: original(*x, **options), inputs)

        return call

    try:
        for layer in layers:
            kept.append((layer, layer.__dict__.get("call")))
            # Past Keras, which would take the function for a part of the layer.
            object.__setattr__(layer, "call", changed(layer, layer.call))
        yield
    finally:
        for layer, before in reversed(kept):
            if before is None:
                object.__delattr__(layer, "call")
            else:
                object.__setattr__(layer, "call", before)


def layers_of(model):
    """Returns the layers of a model, those inside of others too, each once."""
    found = model._flatten_layers(include_self=False)
    return list({id(layer): layer for layer in found}.values())


def is_convolution(layer):
    """Returns whether a layer is a convolution over images, transposed or not."""
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and len(kernel.shape) == 4


class Pass:
    """A way through a model, from arrays to its outputs, whose convolutions are known.

    Args:
        model: `keras.Model`.
        run: function of tensors that runs the model.
        arrays: list of arrays, one row or more, that it is run on once.

    Attributes:
        stages: list of `Stage`, in the order of their calls.
        is_told: bool. Whether the convolutions are told a class, the same for all rows.
    """

    is_told = False

    def __init__(self, model, run, arrays):
        self.model, self.run = model, run
        self.stages = self._find(arrays)

    def _find(self, arrays):
        found, ends = [], []

        def change(layer, number, call, inputs):
            before = len(found)
            outputs = call(*inputs)
            if is_convolution(layer):
                shape = tuple(outputs.shape[1:])
                found.append(Stage(layer.name, layer, number, shape))
                ends.append(outputs)
            elif len(found) == before and not hasattr(layer, "kernel"):
                for i, end in enumerate(ends):
                    if _goes_on(end, inputs, outputs):
                        found[i].layer, found[i].number = layer, number
                        ends[i] = outputs
            return outputs

        with backend.no_gradient(), calls_changed(layers_of(self.model), change):
            self.run(*(ops.convert_to_tensor(array[:1]) for array in arrays))
        return found

    def choose(self, layer, name="layer"):
        """Returns the number of a stage, of which `layer` is the name or the place."""
        names = [stage.name for stage in self.stages]
        if isinstance(layer, str) and layer in names:
            return names.index(layer)
        count = len(names)
        whole = isinstance(layer, (int, np.integer)) and not isinstance(layer, bool)
        if whole and -count <= layer < count:
            return int(layer) % count
        raise ValueError(
            f"`{name}` must be one of the convolutions {names}, or its place among "
            f"them. Received: {name}={layer!r}"
        )

    def activations(self, inputs, chosen, outputs=False):
        """Returns the activations of some stages, a list of tensors.

        Args:
            inputs: list of tensors.
            chosen: list of ints.
            outputs: bool. Whether what `run` returns comes last.
        """
        stages, seen = [self.stages[i] for i in chosen], {}

        def change(layer, number, call, given):
            outputs = call(*given)
            seen[layer, number] = outputs
            return outputs

        with calls_changed({stage.layer for stage in stages}, change):
            last = self.run(*inputs)
        found = [seen[stage.layer, stage.number] for stage in stages]
        return [*found, last] if outputs else found

    def outputs(self, inputs, stage, keep):
        """Returns what `run` gives while maps of a stage are multiplied by `keep`.

        Args:
            inputs: list of tensors.
            stage: int.
            keep: tensor `(batch, maps)`.
        """
        stage = self.stages[stage]

        def change(layer, number, call, given):
            outputs = call(*given)
            if number == stage.number:
                outputs = outputs * ops.cast(keep, outputs.dtype)[:, None, None]
            return outputs

        with calls_changed([stage.layer], change):
            return self.run(*inputs)


def _goes_on(end, inputs, outputs):
    """Returns whether a layer's outputs are those of a stage, changed map by map.

    A second input may have fewer axes, as labels have; two images are a sum.
    """
    if not inputs or not ops.is_tensor(outputs):
        return False
    first, *others = inputs[0] if isinstance(inputs[0], (list, tuple)) else inputs[:1]
    joined = any(len(other.shape) >= len(first.shape) for other in others)
    return first is end and not joined and outputs.shape == end.shape


def rows_of(model, function, arrays, batch_size):
    """Yields what a function of tensors returns for rows of arrays, batch by batch.

    Args:
        model: `keras.Model`, whose variables the function reads.
        function: function of tensors that returns one or a list of tensors.
        arrays: list of arrays with the same first axis.
        batch_size: int. Rows a call; the last are filled up, not to compile twice.
    """
    check_batch_size(batch_size)
    compiled = backend.compile_function(model, function)
    total = len(arrays[0])
    batch_size = min(batch_size, total)
    for start in range(0, total, batch_size):
        rows = [array[start : start + batch_size] for array in arrays]
        count = len(rows[0])
        missing = batch_size - count
        if missing:
            rows = [np.concatenate([r, r[:1].repeat(missing, 0)]) for r in rows]
        outputs = compiled(*(to_float(r) if r.ndim == 4 else r for r in rows))
        flat = keras.tree.flatten(outputs)
        flat = [np.asarray(ops.convert_to_numpy(output))[:count] for output in flat]
        yield keras.tree.pack_sequence_as(outputs, flat)
