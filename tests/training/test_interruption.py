"""Whatever ends `fit`, the last finished step is kept, and the model goes on."""

import os
import signal
import threading

import keras
import numpy as np
import pytest

from kerasgen.backend.signals import deferred_signals
from tests.conformance import numpy_state
from tests.training.tiny import TinyGAN

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), "uint8")


@pytest.fixture(scope="module")
def model():
    model = TinyGAN(seed=0)
    model.compile()
    model.fit(IMAGES, batch_size=4, verbose=0)
    return model


def check_whole(model):
    """All of the state can be read, and belongs to the end of a step."""
    state = numpy_state(model)
    steps = int(state["steps"])
    assert steps == int(state["optimizer/discriminator/0"])
    assert steps == int(state["optimizer/generator/0"])
    assert model.sample(2, seed=0).shape == (2, 4, 4, 1)
    assert np.isfinite(model.evaluate(IMAGES, verbose=0)).all()
    model.fit(IMAGES, batch_size=4, verbose=0)
    assert int(model.steps.value) == steps + 2


class Raise(keras.callbacks.Callback):
    """Raises at the second call of one hook."""

    def __init__(self, hook, error):
        super().__init__()
        self.calls, self.error = 0, error
        setattr(self, hook, self._hook)

    def _hook(self, *args, **kwargs):
        self.calls += 1
        if self.calls == 2:
            raise self.error


HOOKS = (
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_epoch_end",
)


@pytest.mark.parametrize("hook", HOOKS)
def test_an_exception_of_a_callback(model, hook):
    for error in (KeyboardInterrupt("planned"), RuntimeError("planned")):
        with pytest.raises(type(error), match="planned"):
            model.fit(
                IMAGES,
                batch_size=4,
                epochs=3,
                verbose=0,
                validation_data=(IMAGES,),
                validation_batch_size=4,
                callbacks=[Raise(hook, error)],
            )
        check_whole(model)


def _data(bad):
    for number in range(4):
        if number == bad:
            raise RuntimeError("planned")
        yield (IMAGES[:4],)


def test_an_exception_of_the_data(model):
    before = int(model.steps.value)
    with pytest.raises(Exception, match="planned"):
        model.fit(_data(3), steps_per_epoch=4, verbose=0)
    assert before < int(model.steps.value) <= before + 3
    check_whole(model)


# One that comes while a garbage collector's callback runs (JAX has one) is lost:
# Python reports it, ignores it, and training goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_time(model):
    """Signals at random times, through training, validation, logs and callbacks."""
    generator, interrupted = np.random.default_rng(0), 0
    tries = 3 if keras.backend.backend() == "tensorflow" else 16
    for wait in generator.uniform(0.02, 0.2, tries):
        timer = threading.Timer(wait, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        try:
            model.fit(
                IMAGES,
                batch_size=4,
                epochs=50,
                verbose=0,
                validation_data=(IMAGES,),
            )
            timer.join()  # in case Keras swallowed it, or came to its end first
        except KeyboardInterrupt:
            interrupted += 1
        check_whole(model)
    assert interrupted


class Interrupted(TinyGAN):
    """Gets a signal within a step, after the first player has moved."""

    now = False

    def update(self, phase, x, labels):
        super().update(phase, x, labels)
        if self.now and phase == "discriminator":
            signal.raise_signal(signal.SIGINT)


@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow", reason="it interrupts no graph that runs"
)
def test_ctrl_c_within_a_step_waits_for_its_end():
    model = Interrupted(seed=0)
    model.compile(run_eagerly=True)
    model.fit(IMAGES, batch_size=4, verbose=0)
    model.now = True
    with pytest.raises(KeyboardInterrupt):
        model.fit(IMAGES, batch_size=4, verbose=0)
    model.now = False
    assert int(model.steps.value) == 3
    check_whole(model)


def test_a_deferred_signal_gets_its_handler_at_the_end():
    order, previous = [], signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: order.append("handler"))
    try:
        with deferred_signals():
            signal.raise_signal(signal.SIGTERM)
            order.append("inside")
        assert order == ["inside", "handler"]
        with pytest.raises(KeyboardInterrupt), deferred_signals():
            signal.raise_signal(signal.SIGINT)
            order.append("still inside")
        assert order[-1] == "still inside"
        # An ignored signal stays ignored, one with its default action is left alone.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with deferred_signals():
            signal.raise_signal(signal.SIGTERM)
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, previous)
