"""What the suite compiles on TensorFlow, and which models it looks at more closely.

A fact about a model holds compiled or not, but to trace and compile a function there
takes seconds, for calls of milliseconds: so what is called a few times runs eagerly,
but where the marker `compiled` or `check_model` asks for it. JAX compiles a function
faster than it runs one eagerly, and PyTorch compiles nothing.
"""

import contextlib
import itertools
from unittest import mock

import keras
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.training import GenerativeModel

EAGER_CALLS = 16
COMPILES = keras.backend.backend() != "torch"
# One of each kind of model. On TensorFlow and JAX the heavy parts of the contract run
# for them, and compiled, and the facts in their test files; those of the others run on
# PyTorch, where they are cheap.
REPRESENTATIVES = (
    "autoencoders/vae",
    "autoregressive/pixelcnn",
    "gans/dcgan",
)


def is_thorough(cls):
    """Returns whether the heavy parts of the contract run for a model here."""
    names = {model: name for name, model in kerasgen.list_models().items()}
    return not COMPILES or names.get(cls) in (*REPRESENTATIVES, None)


_compile_function = backend.compile_function
_make = {
    f"make_{kind}_function": getattr(GenerativeModel, f"make_{kind}_function")
    for kind in ("train", "test")
}


def _first_eagerly(function, compiled):
    """Returns `function` for `EAGER_CALLS` calls, and `compiled` from then on."""
    calls = itertools.count()
    return lambda *args: (function if next(calls) < EAGER_CALLS else compiled)(*args)


def _function(model, fn, jit_compile=True):
    """Stands for `kerasgen.backend.compile_function`."""

    def function(*args):
        return fn(*(ops.convert_to_tensor(arg) for arg in args))

    return _first_eagerly(function, _compile_function(model, fn, jit_compile))


def _maker(name):
    """Returns what stands for `make_train_function` or `make_test_function`."""
    attribute = name.removeprefix("make_")

    def make(model, force=False):
        before = getattr(model, attribute)
        _make[name](model, force)
        compiled = getattr(model, attribute)
        if compiled is before or model.run_eagerly:
            return
        model.run_eagerly = True
        _make[name](model, force=True)
        model.run_eagerly = False
        function = _first_eagerly(getattr(model, attribute), compiled)
        setattr(model, attribute, function)

    return make


@contextlib.contextmanager
def eagerly(wanted=True):
    """A context in which TensorFlow compiles only what is called often, or does all.

    Args:
        wanted: bool. Whether it compiles only that.
    """
    wanted = wanted and keras.backend.backend() == "tensorflow"
    with contextlib.ExitStack() as patches:
        function = _function if wanted else _compile_function
        patches.enter_context(mock.patch.object(backend, "compile_function", function))
        for name, make in _make.items():
            made = _maker(name) if wanted else make
            patches.enter_context(mock.patch.object(GenerativeModel, name, made))
        yield
