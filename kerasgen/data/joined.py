"""Several sources that are read as one: named fields, paired or not."""

import numpy as np

from kerasgen import features
from kerasgen.data.content import choose
from kerasgen.data.order import Order, UnpairedOrder
from kerasgen.features.checks import check_finite, check_images, check_source, to_numpy


class Joined:
    """Sources of equal length, read together: `joined[indices]` is a dict of arrays.

    Args:
        sources: dict from name to array or source.
        name: str. What errors call it.
        checked: bool. Whether the features have checked them, see `as_fields`.
    """

    def __init__(self, sources, name="images", checked=False):
        self.checked = checked
        self.sources = dict(sources) if checked else _checked(sources, name)
        counts = {key: len(source) for key, source in self.sources.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(
                f"`{name}` must have as many examples in each field; "
                "`kerasgen.data.unpaired` joins data sets of any lengths. "
                f"Received: {counts}"
            )

    def __len__(self):
        return len(next(iter(self.sources.values())))

    def __getitem__(self, indices):
        return {name: source[indices] for name, source in self.sources.items()}

    @property
    def in_memory(self):
        """bool. Whether all fields are arrays."""
        return all(isinstance(s, np.ndarray) for s in self.sources.values())

    def choose(self, indices):
        """Returns the examples of some indices, as a view of the same kind."""
        chosen = {k: choose(s, indices) for k, s in self.sources.items()}
        return Joined(chosen, checked=self.checked)

    def make_order(self, seed, shuffle):
        """Returns the order of examples: a function of the epoch."""
        return Order(len(self), seed, shuffle)


class Unpaired(Joined):
    """Sources of any lengths, each in an order of its own; see `unpaired`.

    It is as long as the longest. Indices `(n, fields)` have a column for each source,
    indices `(n,)` stand for themselves in each, modulo its length.
    """

    def __init__(self, sources, name="images"):
        self.sources = _checked(sources, name)

    def __len__(self):
        return max(map(len, self.sources.values()))

    def __getitem__(self, indices):
        indices = np.asarray(indices)
        found = {}
        for column, (name, source) in enumerate(self.sources.items()):
            own = indices[:, column] if indices.ndim == 2 else indices % len(source)
            found[name] = source[own]
        return found

    def choose(self, indices):
        raise ValueError(
            "a part must be taken of each domain before they are joined by "
            "`kerasgen.data.unpaired`: what stands at one index are no pairs. "
            f"Received: {len(indices)} of {len(self)} examples"
        )

    def make_order(self, seed, shuffle):
        return UnpairedOrder([len(s) for s in self.sources.values()], seed, shuffle)


def as_source(images, name="images"):
    """Returns an array or a source of images or points, or of a dict of fields."""
    if isinstance(images, Joined):
        return images
    if isinstance(images, dict):
        return Joined(images, name)
    return check_images(images, name)


def as_declared(field):
    """Returns what data were said to be as `Fields`, or None where arrays tell."""
    if field is None or isinstance(field, features.Fields):
        return field
    return None if getattr(field, "is_evident", False) else features.Fields(field)


def as_fields(fields, data, name="images"):
    """Returns data checked by their features: an array, a source, or such joined.

    Of a source the first example is checked.

    Args:
        fields: `kerasgen.features.Feature`, or dict of them.
        data: array, list or source; a dict of them for a dict of features.
        name: str. What errors call it.
    """
    if isinstance(data, Joined):
        features.check(fields, data[np.arange(1)], name)
        return data
    if isinstance(fields, dict):
        features.check_names(fields, data, name)
        parts = {k: as_fields(f, data[k], f"{name}[{k!r}]") for k, f in fields.items()}
        return Joined(parts, name, checked=True)
    listed = fields.takes_lists and isinstance(data, (list, tuple, str))
    if not (listed or isinstance(data, dict) or hasattr(data, "dtype")):
        check_source(data, name)
        features.check(fields, data[np.arange(1)], name)
        return data
    found = fields.tidy(features.check(fields, data, name))
    return Joined(found, name, checked=True) if isinstance(found, dict) else found


def _checked(sources, name):
    if not sources or not all(isinstance(key, str) for key in sources):
        raise ValueError(
            f"`{name}` must have a field at least, by its name, a str. "
            f"Received: {name} with keys {list(sources)}"
        )
    return {key: _check_field(s, f"{name}[{key!r}]") for key, s in sources.items()}


def _check_field(values, name):
    """Checks arrays that are images or real numbers; other arrays are for a model."""
    if not hasattr(values, "dtype"):
        return check_images(values, name)
    values = to_numpy(values)
    if values.dtype == np.uint8 or (values.dtype.kind == "f" and values.ndim == 4):
        return check_images(values, name)
    if values.ndim == 0 or len(values) == 0:
        raise ValueError(
            f"`{name}` must hold at least one example. "
            f"Received: {name} of shape {values.shape}"
        )
    if values.dtype.kind == "f":
        check_finite(values, name)
        return values.astype("float32", copy=False)
    return values
