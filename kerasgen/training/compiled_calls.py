"""Calls of a model on many arrays: compiled once, in batches, with checked labels."""

import math

import keras
import numpy as np

from kerasgen import backend
from kerasgen.arguments import check_int, resolve_labels
from kerasgen.backend.memory import check_memory
from kerasgen.backend.seeds import numpy_generator
from kerasgen.features import Attributes
from kerasgen.training import averages
from kerasgen.training.class_names import ClassNames


class CompiledCalls(ClassNames):
    """Mixin of `Fitting`: what sampling and likelihoods are made of."""

    def forget_functions(self):
        """Drops compiled functions, which hold the variables they were made with."""
        self._functions.clear()
        self.train_function = self.test_function = self.predict_function = None

    def choose_weights(self, weights):
        """Has the next `predict` use `"average"` or `"raw"` weights, see `averages`."""
        averages.scope(self, weights)  # refuses what `weights` must not be
        raw = weights == "raw"
        if raw != self._predicts_raw:
            self._predicts_raw, self.predict_function = raw, None

    def predicted(self, x):
        """Returns what `call` gives in `predict`, a tensor."""
        with averages.scope(self, "raw" if self._predicts_raw else None):
            return self(x, training=False)

    def run_in_batches(self, key, fn, arrays, batch_size=None, weights=None, jit=True):
        """Runs `fn` on slices of `arrays`, compiled once, and joins the results.

        Args:
            key: hashable. Names `fn` among the model's compiled functions.
            fn: function of tensors that returns a tensor with the same first axis, or
                a dict of such.
            arrays: list of arrays with the same first axis.
            batch_size: int or None. Rows a call. Defaults to at most 64.
            weights: `"average"`, `"raw"` or None, see `sample`.
            jit: bool. Whether to compile with XLA on TensorFlow.

        Returns:
            NumPy array, or a dict of them.
        """
        self.sync()
        total = len(arrays[0])
        size = min(
            total, 64 if batch_size is None else check_int("batch_size", batch_size)
        )

        def scoped(*args):
            with averages.scope(self, weights):
                return fn(*args)

        key = repr((key, weights))  # what walks through a module sorts the keys
        if key not in self._functions:
            self._functions[key] = backend.compile_function(self, scoped, jit)
        function, outputs = self._functions[key], []
        for start in range(0, total, size):
            rows = [array[start : start + size] for array in arrays]
            short = size - len(rows[0])
            if short:  # the same shape every time, so that nothing is compiled again
                rows = [np.concatenate([r, np.repeat(r[:1], short, 0)]) for r in rows]
            count = size - short
            output = keras.tree.map_structure(
                lambda part, count=count: keras.ops.convert_to_numpy(part)[:count],
                function(*rows),
            )
            outputs.append(output)
        return keras.tree.map_structure(lambda *p: np.concatenate(p), *outputs)

    @property
    def condition_attributes(self):
        """`kerasgen.features.Attributes` that it is conditioned on, or None."""
        y = self.fields.y
        return y if isinstance(y, Attributes) else None

    def sampling_inputs(self, num_samples, labels, seed):
        """Returns `(generator, labels)` for one call of `sample`, checked."""
        count = check_int("num_samples", num_samples)
        shapes = self.fields.shape
        shapes = shapes.values() if self.fields.is_named else [shapes]
        size = 4 * count * sum(math.prod(shape) for shape in shapes)
        check_memory("`num_samples` images", size, "draw fewer at a time")
        generator = numpy_generator(seed, self.seed_generator)
        if self.condition_shape is not None:
            return generator, self.numpy_labels(labels, num_samples)
        if self.condition_attributes is not None:
            return generator, self.condition_attributes.rows(
                labels, num_samples, generator
            )
        return generator, resolve_labels(
            self.label_numbers(labels), num_samples, self.num_classes, generator
        )

    def numpy_labels(self, labels, count):
        """Returns the checked labels of `count` images, or the images in their place.

        None for a model that is not conditional.
        """
        if self.condition_shape is not None:
            from kerasgen.data import check_conditions

            labels = check_conditions(labels, count, self.condition_shape)
            scale = 1.0 if labels.dtype.kind == "f" else 255.0
            return (labels / scale).astype("float32")
        if self.condition_attributes is not None:
            return self.condition_attributes.rows(labels, count)
        if self.num_classes is None:
            return None
        labels = self.label_numbers(labels)
        return resolve_labels(labels, count, self.num_classes, None)
