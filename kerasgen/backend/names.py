"""Names of a model's layers that depend on the model alone."""

import collections
import contextlib
import contextvars

import keras
from keras.src.backend.common import global_state

from kerasgen.backend.declared import check_fits
from kerasgen.registry import signature

_COUNTERS = "object_name_uids"  # Keras's: how many layers had each name
_INSIDE = contextvars.ContextVar("inside", default=False)


@contextlib.contextmanager
def own_names():
    """A context whose layers are named as if they were the first of the process.

    TensorFlow's graph optimiser orders sums by names as text, `conv_99` after
    `conv_100`: with names that depend on what else a process has made, the same model
    would round differently. Layers made later are named as without the context.
    """
    if _INSIDE.get():  # a model within a model
        yield
        return
    outer = global_state.get_global_attribute(_COUNTERS)
    global_state.set_global_attribute(_COUNTERS, collections.defaultdict(int))
    token = _INSIDE.set(True)
    try:
        yield
    finally:
        _INSIDE.reset(token)
        if outer is None:
            outer = collections.defaultdict(int)
        global_state.set_global_attribute(_COUNTERS, outer)


class OwnNames(type(keras.Model)):
    """Metaclass of models whose constructors run in `own_names`.

    The model is then told what it was given: a subclass that takes `**kwargs` does not
    know its parents' arguments. One whose variables no memory holds is refused first.
    """

    @property
    def __signature__(cls):
        """What editors and `help` show: the constructor's own arguments."""
        return signature(cls)

    def __call__(cls, *args, **kwargs):
        make = super().__call__
        if not _INSIDE.get():
            with own_names():
                check_fits(make, args, kwargs)
        with own_names():
            model = make(*args, **kwargs)
        model.record_arguments(args, kwargs)
        return model
