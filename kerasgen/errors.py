"""Errors that are about what the user gave: their message is all that is needed.

It imports nothing, so that the command line has it before Keras.
"""

import re


class ToldError(Exception):
    """An error that a command tells by its message alone, without a traceback."""

    exit_code = 2


class UserError(ToldError, ValueError):
    """What was given to a command cannot be used."""


class RunError(ToldError, ValueError):
    """A run that cannot be started or gone on with; the message says all."""


class CheckpointError(ToldError, RuntimeError):
    """A checkpoint cannot be written, read or used."""


def is_user_error(error):
    """Tells whether an error is about what the user gave, not about the code.

    That is every error that says what it received, and every one of the operating
    system: a path that cannot be written, a full disk, too little memory.
    """
    told = isinstance(error, (ToldError, OSError, MemoryError))
    return told or "Received:" in str(error)


def describe(error):
    """Returns what an error says, on one line; of a run's, as it is laid out."""
    text = str(error)
    if isinstance(error, RunError):
        return text
    if isinstance(error, MemoryError):
        text = f"there is not enough memory. {text}"
    # What data raises within TensorFlow comes as "...ValueError: what it says", and a
    # traceback after it.
    head, traceback, _ = text.partition("Traceback (most recent call last)")
    if traceback:
        text = re.split(r"\w+(?:Error|Exception): ", head)[-1]
    return " ".join(text.split())
