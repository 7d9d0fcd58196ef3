"""Series of real numbers, such as melodies."""

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.features import checks
from kerasgen.features.feature import Feature, as_given, check_examples

TONES = ("length", "pitch", "intensity", "wait")  # channels of a melody


class Series(Feature):
    """Series: floats of one length, several channels, each in a range of its own.

    Networks see every channel mapped to `[0, 1]`; what models make is cut off at the
    ends of the ranges.

    A picture of a series has a curve for each channel. With the names `"length"`,
    `"pitch"`, `"intensity"` and `"wait"` a step is a tone, and the picture is a piano
    roll: length and the time since the begin of the tone before are in beats, pitches
    in semitones (69 is 440 Hz), and stronger tones are darker.

    Args:
        shape: tuple `(length, channels)`.
        bounds: the range `(low, high)` of all channels, or a list of one for each.
        names: list of str, the names of the channels, or None.
    """

    plural = "series"

    def __init__(self, shape, bounds=(0.0, 1.0), names=None):
        self.shape = check_series_shape("shape", shape)
        self.bounds = _check_bounds(bounds, self.shape[1])
        self.names = _check_names(names, self.shape[1])
        self._low, self._high = np.array(self.bounds, "float32").T

    @property
    def load_options(self):
        return {"length": self.shape[0]}

    @property
    def is_melody(self):
        """bool. Whether each step is a tone."""
        return self.names is not None and set(self.names) == set(TONES)

    is_audible = is_melody

    def channel(self, value, name):
        """Returns one channel of series, `(n, length)`.

        Args:
            value: array `(n, length, channels)`.
            name: str.
        """
        return value[..., self.names.index(name)]

    def check(self, value, name="x", count=None):
        value = as_given(value, name, f"floats of shape {self.shape}")
        if value.dtype.kind != "f":
            raise ValueError(
                f"`{name}` must be floats. Received: {name} of dtype {value.dtype}"
            )
        value = value.astype("float32", copy=False)
        check_examples(value, self.shape, name, "series", count)
        checks.check_finite(value, name)
        slack = 1e-4 * (self._high - self._low)
        least, most = value.min(axis=(0, 1)), value.max(axis=(0, 1))
        bad = (least < self._low - slack) | (most > self._high + slack)
        if bad.any():
            i = int(bad.argmax())
            low, high = self.bounds[i]
            channel = i if self.names is None else repr(self.names[i])
            raise ValueError(
                f"`{name}` must be in [{low:g}, {high:g}] in channel {channel}. "
                f"Received: {name} from {least[i]:g} to {most[i]:g}"
            )
        return value

    def prepare(self, tensor):
        tensor = ops.subtract(ops.cast(tensor, "float32"), self._low)
        return ops.divide(tensor, self._high - self._low)

    def finish(self, tensor):
        tensor = ops.clip(ops.cast(tensor, "float32"), 0.0, 1.0)
        return ops.add(ops.multiply(tensor, self._high - self._low), self._low)

    def example(self, count, generator):
        uniform = generator.random((count, *self.shape), "float32")
        return uniform * (self._high - self._low) + self._low

    def picture(self, value):
        from kerasgen.images.series import curves, piano_roll

        value = self.tidy(value)
        if not self.is_melody:
            return curves((value - self._low) / (self._high - self._low))
        return piano_roll(**{name: self.channel(value, name) for name in TONES})

    def sounds(self, value):
        from kerasgen.sounds import melody_sound

        channels = {name: self.channel(self.tidy(value), name) for name in TONES}
        tones = zip(*channels.values(), strict=True)
        return [
            melody_sound(**dict(zip(channels, tone, strict=True))) for tone in tones
        ]

    def get_config(self):
        return {
            **super().get_config(),
            "bounds": [list(pair) for pair in self.bounds],
            "names": None if self.names is None else list(self.names),
        }


def check_series_shape(name, shape):
    """Raises unless `shape` is `(length, channels)`; returns a tuple of ints."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise ValueError(
            f"`{name}` must be (length, channels). Received: {name}={shape!r}"
        )
    return tuple(check_int(name, n) for n in shape)


def _check_bounds(bounds, channels):
    pairs = np.asarray(bounds, "float64")
    if pairs.shape == (2,):
        pairs = np.tile(pairs, (channels, 1))
    if pairs.shape != (channels, 2) or not (
        np.isfinite(pairs).all() and (pairs[:, 0] < pairs[:, 1]).all()
    ):
        raise ValueError(
            "`bounds` must be a lower and a higher number, or a pair of them for each "
            f"of the {channels} channels. Received: bounds={bounds!r}"
        )
    return tuple((float(low), float(high)) for low, high in pairs)


def _check_names(names, channels):
    if names is None:
        return None
    right = isinstance(names, (tuple, list)) and all(isinstance(n, str) for n in names)
    if not right or not len(set(names)) == len(names) == channels:
        raise ValueError(
            f"`names` must be {channels} distinct str, one for each channel. "
            f"Received: names={names!r}"
        )
    return tuple(names)
