"""Real vectors and other arrays of real numbers."""

from kerasgen.features import checks
from kerasgen.features.feature import Feature, as_given, check_examples


class Tensor(Feature):
    """Real numbers of a fixed shape, such as points of a plane: they have no range.

    Args:
        shape: tuple of ints.
    """

    is_evident = True

    def __init__(self, shape):
        self.shape = tuple(int(n) for n in shape)

    def check(self, value, name="x", count=None):
        value = as_given(value, name, f"floats of shape {self.shape}")
        if value.dtype.kind != "f":
            checks.check_dtype(value, name)  # says what to do
            raise ValueError(
                f"`{name}` must be floats. Received: {name} of dtype {value.dtype}"
            )
        check_examples(value, self.shape, name, count=count)
        checks.check_finite(value, name)
        return value

    def example(self, count, generator):
        return generator.standard_normal((count, *self.shape), dtype="float32")
