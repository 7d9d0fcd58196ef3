"""The fields of a model: what it models, and what that is conditioned on."""

import keras
import numpy as np

from kerasgen.features.feature import Feature
from kerasgen.images.values import visible_channels


class Fields:
    """What `x` and `y` of a batch are: a feature each, or a dict of features by name.

    Args:
        x: `Feature`, or dict from name to `Feature`: what is modelled.
        y: `Feature`, dict, or None: what it is conditioned on.
    """

    def __init__(self, x, y=None):
        self.x = _declared("x", x)
        self.y = None if y is None else _declared("y", y)

    @property
    def is_named(self):
        """bool. Whether `x` is a dict of fields."""
        return isinstance(self.x, dict)

    @property
    def shape(self):
        """Shape of an example of `x`, a tuple; a dict of them by name."""
        if self.is_named:
            return {name: feature.shape for name, feature in self.x.items()}
        return self.x.shape

    def __repr__(self):
        return f"Fields(x={self.x!r}, y={self.y!r})"

    def example(self, count, generator):
        """Returns `(x,)` or `(x, y)`, examples that fit, see `Feature.example`."""
        parts = [self.x] if self.y is None else [self.x, self.y]
        return tuple(each(part, "example", count, generator) for part in parts)


def each(features, method, *args):
    """Calls a method of a feature, or of each of a dict of them, on no data.

    Returns:
        What it returns, or a dict of that by name.
    """
    if isinstance(features, dict):
        return {name: getattr(f, method)(*args) for name, f in features.items()}
    return getattr(features, method)(*args)


def over(features, method, data):
    """Calls a method of each feature on its part of `data`.

    Args:
        features: `Feature` or dict of them.
        method: str, such as `"prepare"`.
        data: array or tensor, or a dict of them, as the features.
    """
    if isinstance(features, dict):
        return {name: getattr(f, method)(data[name]) for name, f in features.items()}
    return getattr(features, method)(data)


def check(features, data, name="x", count=None):
    """Raises unless `data` fits the features; returns it as arrays.

    Args:
        features: `Feature` or dict of them.
        data: array, or a dict of arrays with as many examples each.
        name: str. What errors call it.
        count: int or None. How many examples there must be.
    """
    if not isinstance(features, dict):
        if isinstance(data, dict) and not features.is_named:
            raise ValueError(
                f"`{name}` must be one array. "
                f"Received: {name} of type dict with keys {list(data)}"
            )
        return features.check(data, name, count)
    check_names(features, data, name)
    found = {}
    for key, feature in features.items():
        found[key] = feature.check(data[key], f"{name}[{key!r}]", count)
        count = len(found[key])
    return found


def check_names(features, data, name="x"):
    """Raises unless `data` is a dict with the names of the features."""
    if not isinstance(data, dict) or set(data) != set(features):
        names = list(data) if isinstance(data, dict) else type(data).__name__
        kind = "keys" if isinstance(data, dict) else "a value of type"
        raise ValueError(
            f"`{name}` must be a dict of arrays with the keys {list(features)}. "
            f"Received: {name} with {kind} {names}"
        )


def count_examples(data):
    """Returns the number of examples of a batch of tensors, an array or a dict."""
    return keras.ops.shape(keras.tree.flatten(data)[0])[0]


def pictures(fields, data):
    """Returns data as images, where their kind is drawn as such, or as they are.

    Of several fields those that are drawn stand side by side, in the order declared.

    Args:
        fields: `Fields` whose `x` the data are, or None.
        data: array `(n, ...)`, or a dict of them by name.
    """
    feature = getattr(fields, "x", None)
    if not isinstance(feature, dict):
        drawn = feature.picture(data) if isinstance(feature, Feature) else None
        return data if drawn is None else drawn
    drawn = over(feature, "picture", data)
    tiles = [tile for tile in drawn.values() if tile is not None]
    if not tiles:
        return data
    tiles = [visible_channels(tile) for tile in tiles]
    height = max(tile.shape[1] for tile in tiles)
    channels = max(tile.shape[3] for tile in tiles)
    return np.concatenate([_fitted(t, height, channels) for t in tiles], axis=2)


def _fitted(tile, height, channels):
    """Returns images enlarged by a whole factor within a height, on white."""
    factor = height // tile.shape[1]
    tile = tile.repeat(factor, axis=1).repeat(factor, axis=2)
    below = ((0, 0), (0, height - tile.shape[1]), (0, 0), (0, 0))
    tile = np.pad(tile, below, constant_values=1.0)
    if tile.shape[3] == channels:
        return tile
    return np.repeat(tile, channels, axis=3)


def _declared(name, features):
    named = isinstance(features, dict)
    found = list(features.values()) if named else [features]
    if not found or not all(isinstance(feature, Feature) for feature in found):
        raise TypeError(
            f"`{name}` must be a Feature, or a dict of them by name. "
            f"Received: {name}={features!r}"
        )
    return dict(features) if named else features
