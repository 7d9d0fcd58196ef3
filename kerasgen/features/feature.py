"""The base of all features: what the library has to know of one field of the data."""

import keras

from kerasgen.features.checks import to_numpy


class Feature:
    """One field of the data: the only place that knows of which kind it is.

    Data that users give pass through `tidy` and `check`; batches of a step through
    `shaped` and `prepare`; what a model makes through `finish`. `draw`, `example` and
    `picture` serve sampling, tests and all that is looked at.

    A subclass sets `self.shape`, the shape of one example as a step has it, and
    overrides what its kind asks for.
    """

    shape = ()
    plural = "examples"  # what examples are called
    is_evident = False  # whether arrays tell by their rank: images and points
    is_named = False  # whether data are a dict of arrays by name
    takes_lists = False  # whether lists are taken as well as arrays
    is_audible = False  # whether `sounds` has a sound of it
    output_activation = "linear"  # name of what keeps outputs in their range
    takes_words = False  # whether str are data themselves, not names of classes

    @property
    def image_size(self):
        """tuple `(height, width)` that data of this kind are loaded in, or None."""
        return None

    @property
    def load_options(self):
        """dict of arguments of `kerasgen.data.load` that bring data into this form.

        Those that a data set does not have are left out, but for `image_size`.
        """
        size = self.image_size
        return {} if size is None else {"image_size": tuple(size)}

    def tidy(self, value):
        """Returns what a user gave as a NumPy array `(n, *shape)`, unchecked.

        Args:
            value: array or tensor of any framework, or a list.
        """
        value = to_numpy(value)
        if value.dtype.kind == "f":
            value = value.astype("float32", copy=False)
        return value

    def check(self, value, name="x", count=None):
        """Raises unless `value` is a batch of this field.

        Args:
            value: array or tensor of any framework.
            name: str. What errors call it.
            count: int or None. How many examples it must have.

        Returns:
            NumPy array as `tidy` gives it.
        """
        raise NotImplementedError

    def shaped(self, tensor):
        """Returns a tensor of a batch with the axes that a step has."""
        return tensor

    def prepare(self, tensor):
        """Maps a batch as users give it to what networks see."""
        return keras.ops.cast(tensor, "float32")

    def finish(self, tensor):
        """Maps what networks make to what users get."""
        return keras.ops.cast(tensor, "float32")

    def draw(self, count, generator):
        """Returns `count` conditions, for sampling where none are given.

        Args:
            count: int.
            generator: `numpy.random.Generator`.

        Returns:
            NumPy array, or None where conditions of this kind must be given.
        """
        return None

    def example(self, count, generator):
        """Returns `count` examples that pass the checks, for tests and trials.

        Args:
            count: int.
            generator: `numpy.random.Generator`.

        Returns:
            NumPy array.
        """
        raise NotImplementedError

    def picture(self, value):
        """Returns a batch as images, float32 in `[0, 1]`, `(n, height, width, c)`.

        None where this kind is not drawn as images, such as points and labels.
        """
        return None

    def sounds(self, value):
        """Returns a batch as sounds: a list of float32 arrays in `[-1, 1]`, 16 kHz.

        For the kinds that are `is_audible`.
        """
        raise NotImplementedError

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {"shape": list(self.shape)}

    def __repr__(self):
        arguments = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items())
        return f"{type(self).__name__}({arguments})"

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = None


def as_given(value, name, what):
    """Returns what a user gave as a NumPy array; raises for None."""
    if value is None:
        raise ValueError(f"`{name}` must be given: {what}. Received: {name}=None")
    return to_numpy(value)


def check_examples(value, shape, name, what="examples", count=None):
    """Raises unless a batch has examples of `shape`: `count` of them, or at least one.

    Args:
        value: NumPy array.
        shape: tuple of ints.
        name: str. What errors call it.
        what: str. What examples are called.
        count: int or None.
    """
    if tuple(value.shape[1:]) != tuple(shape):
        raise ValueError(
            f"`{name}` must have {what} of shape {tuple(shape)}. "
            f"Received: shape {tuple(value.shape[1:])}"
        )
    if len(value) == 0:
        raise ValueError(
            f"`{name}` must hold at least one example. Received: an empty batch"
        )
    if count is not None and len(value) != count:
        raise ValueError(
            f"`{name}` must have one entry for each of the {count} examples. "
            f"Received: {name} of shape {tuple(value.shape)}"
        )
