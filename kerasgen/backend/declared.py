"""Models made without memory, to count the numbers that they would hold."""

import contextlib
import math
import numbers
import random
import warnings

import keras
from keras.src.backend.common import global_state
from keras.src.backend.common.stateless_scope import in_stateless_scope
from keras.src.utils.dtype_utils import dtype_size

from kerasgen.backend.memory import check_memory

_LARGE_SIZE = 512  # no model of smaller sizes, of smaller images, fills a memory
_LARGE_IMAGE = 2**18
_WAITING = "uninitialized_variables"  # Keras's list of what a stateless scope made


class _Counted(list):
    """A list of variables that raises when they hold more numbers than allowed."""

    def __init__(self, limit):
        super().__init__()
        self.limit, self.numbers, self.bytes = limit, 0, 0

    def append(self, variable):
        count = math.prod(variable.shape)
        self.numbers += count
        self.bytes += count * dtype_size(variable.dtype) // 8
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

    Yields:
        An object with the attributes `numbers` and `bytes`, counted so far.
    """
    outer = global_state.get_global_attribute(_WAITING)
    counted = _Counted(limit)
    global_state.set_global_attribute(_WAITING, counted)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield counted
    finally:
        global_state.set_global_attribute(_WAITING, outer if outer is not None else [])


def check_fits(make, args, kwargs):
    """Raises ValueError if a model's variables would need more memory than is free.

    They are counted, which takes about half as long as making the model, only where an
    argument is large.

    Args:
        make: function that makes the model.
        args, kwargs: its arguments.
    """
    if in_stateless_scope():
        return
    if not _is_large({"image_shape": args[:1], "others": args[1:], **kwargs}):
        return
    state = random.getstate()  # from which Keras draws the seeds of its layers
    try:
        with declared_only(math.inf) as counted, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make(*args, **kwargs)
    except Exception:
        pass  # it comes again, where the model is made
    finally:
        random.setstate(state)
    check_memory("The variables", counted.bytes, "take smaller sizes")


def _is_large(value, name=""):
    """Whether a size among the arguments is such that a memory may not hold it."""
    if isinstance(value, dict):
        return any(_is_large(part, str(key)) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        ints = [part for part in value if isinstance(part, numbers.Integral)]
        if name.endswith("shape") and math.prod(map(int, ints)) >= _LARGE_IMAGE:
            return True
        return any(_is_large(part, name) for part in value)
    if name.endswith(("seed", "steps")) or not isinstance(value, numbers.Integral):
        return False
    return abs(int(value)) >= _LARGE_SIZE
