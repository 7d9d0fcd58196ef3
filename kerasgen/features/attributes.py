"""Several attributes of an example, discrete and continuous."""

import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_numbers
from kerasgen.features.checks import check_finite
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.fields import check_names
from kerasgen.features.label_checks import check_batch_labels, check_class_names


class Attributes(Feature):
    """Several attributes, given as a dict of arrays `(n,)` by name.

    Discrete ones are integers, or the names of their values; continuous ones are
    floats. Networks see one row an example: a one-hot part for each discrete
    attribute, then each continuous one mapped to `[0, 1]`, in the order declared.

    Args:
        discrete: dict from name to the number of values, an int of at least 2, or to
            the distinct names of the values, a list of str.
        continuous: dict from name to the range `(low, high)`.
    """

    is_named = True

    def __init__(self, discrete=None, continuous=None):
        self.discrete = {k: _values(k, v) for k, v in (discrete or {}).items()}
        self.continuous = {k: _range(k, v) for k, v in (continuous or {}).items()}
        both = sorted(set(self.discrete) & set(self.continuous))
        if both or not (self.discrete or self.continuous):
            raise ValueError(
                "`discrete` and `continuous` must have an attribute at least, each in "
                f"one of them. Received: discrete={list(self.discrete)}, "
                f"continuous={list(self.continuous)}"
            )
        width = sum(map(self.count, self.discrete)) + len(self.continuous)
        self.shape = (width,)  # of what networks see

    @property
    def names(self):
        """Tuple of the names of all attributes."""
        return (*self.discrete, *self.continuous)

    def count(self, name):
        """Returns the number of values of a discrete attribute."""
        values = self.discrete[name]
        return values if isinstance(values, int) else len(values)

    def tidy(self, value):
        if not isinstance(value, dict):
            return value  # for `check` to name
        return {key: self._tidy_one(key, part) for key, part in value.items()}

    def _tidy_one(self, key, part):
        values = self.discrete.get(key)
        if isinstance(values, list) and not hasattr(part, "dtype"):
            part = np.asarray(part)
        if isinstance(values, list) and getattr(part.dtype, "kind", "") in "OUT":
            part = [values.index(check_choice(key, str(p), values)) for p in part]
            return np.array(part, "int32")
        return super().tidy(part)

    def check(self, value, name="x", count=None):
        if value is None:
            as_given(value, name, f"a dict of the attributes {list(self.names)}")
        check_names(dict.fromkeys(self.names), value, name)
        value, found = self.tidy(value), {}
        for key in self.discrete:
            part, own = value[key], f"{name}[{key!r}]"
            count = len(part) if count is None else count
            found[key] = check_batch_labels(part, count, self.count(key), False, own)
        for key, (low, high) in self.continuous.items():
            part, own = value[key], f"{name}[{key!r}]"
            if part.dtype.kind not in "iuf":
                raise ValueError(
                    f"`{own}` must be numbers. Received: {own} of dtype {part.dtype}"
                )
            check_examples(part, (), own, count=count)
            count = len(part)
            least, most = check_finite(part, own)
            slack = 1e-4 * (high - low)
            if least < low - slack or most > high + slack:
                raise ValueError(
                    f"`{own}` must be in [{low:g}, {high:g}]. "
                    f"Received: {own} from {least:g} to {most:g}"
                )
            found[key] = part
        return found

    def prepare(self, tensor):
        parts = [
            ops.one_hot(ops.cast(tensor[key], "int32"), self.count(key))
            for key in self.discrete
        ]
        for key, (low, high) in self.continuous.items():
            part = (ops.cast(tensor[key], "float32") - low) / (high - low)
            parts.append(ops.expand_dims(part, -1))
        return ops.concatenate([ops.cast(p, "float32") for p in parts], axis=-1)

    def rows(self, value, count, generator=None):
        """Returns what networks see of attributes, a float32 array `(count, width)`.

        Args:
            value: dict by name of arrays `(count,)`, or of one value for all; None
                draws them.
            count: int. Examples.
            generator: `numpy.random.Generator`, or None where none may be drawn.

        Raises:
            ValueError: if attributes are missing, unknown or out of range.
        """
        if value is None and generator is not None:
            value = self.draw(count, generator)
        if isinstance(value, dict):
            value = {key: _for_all(part, count) for key, part in value.items()}
        return ops.convert_to_numpy(self.prepare(self.check(value, "labels", count)))

    def finish(self, tensor):
        """Returns the dict of attributes of rows: the largest of each one-hot part."""
        found, start = {}, 0
        for key in self.discrete:
            stop = start + self.count(key)
            found[key] = ops.cast(ops.argmax(tensor[:, start:stop], axis=-1), "int32")
            start = stop
        for i, (key, (low, high)) in enumerate(self.continuous.items(), start):
            part = ops.clip(ops.cast(tensor[:, i], "float32"), 0.0, 1.0)
            found[key] = part * (high - low) + low
        return found

    def draw(self, count, generator):
        """Returns attributes drawn uniformly, each by itself."""
        found = {
            key: generator.integers(0, self.count(key), count).astype("int32")
            for key in self.discrete
        }
        for key, (low, high) in self.continuous.items():
            found[key] = generator.uniform(low, high, count).astype("float32")
        return found

    def example(self, count, generator):
        return self.draw(count, generator)

    def describe(self, value):
        """Returns a line of text for each example, such as `"hair black, age 41"`.

        Args:
            value: dict of arrays `(n,)`.
        """
        value = self.check(value, "value")
        lines = []
        for i in range(len(next(iter(value.values())))):
            words = []
            for key in self.names:
                values, one = self.discrete.get(key), value[key][i]
                shown = values[one] if isinstance(values, list) else f"{one:g}"
                words.append(f"{key} {shown}")
            lines.append(", ".join(words))
        return lines

    def get_config(self):
        ranges = {key: list(bounds) for key, bounds in self.continuous.items()}
        return {"discrete": dict(self.discrete), "continuous": ranges}


def _for_all(part, count):
    return [part] * count if isinstance(part, str) or np.ndim(part) == 0 else part


def as_attributes(name, value):
    """Returns `Attributes` of a short form of them, checked.

    Args:
        name: str. What errors call it.
        value: dict from the name of each attribute to the number of its values, an
            int; to the list of their names; or, of a continuous one, to its range, two
            numbers `(low, high)`.
    """
    if not isinstance(value, dict) or not value:
        raise ValueError(
            f"`{name}` must be a dict from names to an int, a list of names or a range "
            f"(low, high). Received: {name}={value!r}"
        )
    ranges = {k: v for k, v in value.items() if _is_range(v)}
    return Attributes({k: v for k, v in value.items() if k not in ranges}, ranges)


def _is_range(value):
    return isinstance(value, (tuple, list)) and not any(
        isinstance(part, str) for part in value
    )


def _values(key, values):
    if isinstance(values, (list, tuple)):
        names = check_class_names(values)
        check_int(f"number of values of {key}", len(names), 2)
        return names
    return check_int(key, values, 2)


def _range(key, bounds):
    low, high = check_numbers(key, bounds, 2)
    if not low < high:
        raise ValueError(
            f"`{key}` must have a range of a lower and a higher end. "
            f"Received: {key}={bounds}"
        )
    return low, high
