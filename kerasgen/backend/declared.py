"""Models made without memory, to count the numbers that they would hold."""

import contextlib
import math

import keras
from keras.src.backend.common import global_state

_WAITING = "uninitialized_variables"  # Keras's list of what a stateless scope made


class _Counted(list):
    """A list of variables that raises when they hold more numbers than allowed."""

    def __init__(self, limit):
        super().__init__()
        self.limit, self.numbers = limit, 0

    def append(self, variable):
        self.numbers += math.prod(variable.shape)
        if self.numbers > self.limit:
            raise ValueError(
                f"The variables must hold at most {self.limit} numbers. Received: "
                f"{self.numbers} or more, with {variable.name!r} of shape "
                f"{tuple(variable.shape)}"
            )
        super().append(variable)


@contextlib.contextmanager
def declared_only(limit):
    """A context whose variables have a shape and no value, and are not to be used.

    Args:
        limit: int. Numbers that they may hold together; more raise ValueError.
    """
    outer = global_state.get_global_attribute(_WAITING)
    global_state.set_global_attribute(_WAITING, _Counted(limit))
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(_WAITING, outer if outer is not None else [])
