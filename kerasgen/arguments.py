"""Checks of constructor and call arguments, with one wording for all models."""

import difflib
import numbers

import keras
import numpy as np
from keras import ops


def check_int(name, value, minimum=1, maximum=None):
    """Raises unless `value` is an integer in the range; returns it."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"`{name}` must be an int. Received: {name}={value!r}")
    if value < minimum:
        raise ValueError(
            f"`{name}` must be at least {minimum}. Received: {name}={value}"
        )
    if maximum is not None and value > maximum:
        raise ValueError(
            f"`{name}` must be at most {maximum}. Received: {name}={value}"
        )
    return int(value)


def check_seed(seed):
    """Raises unless `seed` is None or an int that all backends hold; returns it."""
    return None if seed is None else check_int("seed", seed, 0, 2**31 - 1)


def check_decay(name, value):
    """Raises unless `value` is in [0, 1): at 1 an average would never move."""
    if check_number(name, value, 0.0) >= 1.0:
        raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={value}")
    return float(value)


def check_callbacks(callbacks):
    """Raises unless these are callbacks, or None; returns a list."""
    if callbacks is None:
        return []
    if not isinstance(callbacks, (list, tuple)):
        callbacks = [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            hint = "; make it an object, with ()" if isinstance(callback, type) else ""
            raise TypeError(
                f"`callbacks` must be None or keras.callbacks.Callback objects{hint}. "
                f"Received: {callback!r} among the callbacks"
            )
    return list(callbacks)


def check_number(name, value, minimum=None, maximum=None):
    """Raises unless `value` is a finite number in the range; returns it."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    low = minimum is None or value >= minimum
    high = maximum is None or value <= maximum
    if not (low and high and np.isfinite(value)):
        bounds = {
            (True, True): "finite",
            (False, True): f"at least {minimum}",
            (True, False): f"at most {maximum}",
            (False, False): f"in [{minimum}, {maximum}]",
        }[minimum is None, maximum is None]
        raise ValueError(f"`{name}` must be {bounds}. Received: {name}={value}")
    return float(value)


def check_numbers(name, values, count):
    """Raises unless `values` are `count` finite numbers; returns a tuple of floats."""
    if not isinstance(values, (tuple, list)) or len(values) != count:
        raise ValueError(
            f"`{name}` must be {count} numbers. Received: {name}={values!r}"
        )
    return tuple(check_number(name, value) for value in values)


def check_choice(name, value, choices):
    """Raises unless `value` is one of `choices`; names the nearest."""
    if value in choices:
        return value
    near = difflib.get_close_matches(str(value), [str(c) for c in choices], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"`{name}` must be one of {list(choices)}.{hint} Received: {name}={value!r}"
    )


def check_image_shape(
    image_shape, multiple_of=1, minimum=1, channels=None, name="image_shape"
):
    """Raises unless `image_shape` is `(height, width, channels)`; returns a tuple.

    Args:
        image_shape: tuple of three positive ints, channels last.
        multiple_of: int. Height and width must be divisible by it.
        minimum: int. Least height and width.
        channels: tuple of the numbers of channels allowed, or None for any.
        name: str. Name of the argument.
    """
    received = f"Received: {name}={image_shape!r}"
    try:
        shape = tuple(image_shape)
    except TypeError:
        shape = ()
    if len(shape) != 3 or not all(
        isinstance(n, numbers.Integral) and n > 0 for n in shape
    ):
        raise ValueError(
            f"`{name}` must be (height, width, channels), three positive ints. "
            + received
        )
    height, width, depth = (int(n) for n in shape)
    if height in (1, 3) and width > 4 and depth > 4:
        raise ValueError(
            f"`{name}` must have its channels last: (height, width, channels). "
            + received
        )
    if height % multiple_of or width % multiple_of:
        raise ValueError(
            f"`{name}` must have a height and width divisible by {multiple_of}. "
            + received
        )
    if height < minimum or width < minimum:
        raise ValueError(
            f"`{name}` must have a height and width of at least {minimum}. " + received
        )
    if channels is not None and depth not in channels:
        raise ValueError(
            f"`{name}` must have a number of channels among {list(channels)}. "
            + received
        )
    return height, width, depth


def check_batch_size(batch_size, name="batch_size"):
    """Raises unless `batch_size` is None or an int of at least 1."""
    if batch_size is not None:
        check_int(name, batch_size)


def check_verbose(verbose):
    """Raises unless `verbose` is one of Keras's."""
    if verbose is not True and verbose is not False:
        check_choice("verbose", verbose, ("auto", 0, 1, 2))


def check_fit_arguments(epochs, verbose, initial_epoch, validation_freq, **counts):
    """Raises unless the numbers given to `fit` are such.

    Args:
        epochs, verbose, initial_epoch, validation_freq: as in `keras.Model.fit`.
        **counts: ints of at least 1, or None.
    """
    check_int("epochs", epochs, 0)
    check_int("initial_epoch", initial_epoch, 0)
    check_verbose(verbose)
    if not isinstance(validation_freq, (list, tuple, set)):
        check_int("validation_freq", validation_freq)
    for name, value in counts.items():
        check_batch_size(value, name)


def check_execution(run_eagerly, jit_compile, steps_per_execution):
    """Raises unless these are as in `keras.Model.compile`."""
    check_choice("run_eagerly", run_eagerly, (False, True))
    check_choice("jit_compile", jit_compile, ("auto", False, True))
    check_int("steps_per_execution", steps_per_execution)


def check_latents(name, latents, shape):
    """Raises unless `latents` are finite, of `shape`; returns them as float32."""
    latents = np.asarray(ops.convert_to_numpy(latents))
    if latents.shape != tuple(shape) or latents.dtype.kind not in "fiu":
        raise ValueError(
            f"`{name}` must be numbers of shape {tuple(shape)}. "
            f"Received: {name} of shape {latents.shape}, dtype {latents.dtype}"
        )
    latents = latents.astype("float32")
    if not np.isfinite(latents).all():
        raise ValueError(
            f"`{name}` must be finite. Received: {name} with NaN or Inf in "
            f"{int((~np.isfinite(latents)).any(axis=-1).sum())} of {len(latents)} rows"
        )
    return latents


def is_points_shape(shape):
    """Returns whether `shape` is `(features,)`, that of real vectors."""
    return (
        isinstance(shape, (tuple, list))
        and len(shape) == 1
        and isinstance(shape[0], numbers.Integral)
        and shape[0] > 0
    )


def label_numbers(labels, class_names):
    """Returns labels with the numbers of classes in the place of their names.

    Args:
        labels: int, str, or a sequence of them; anything else is returned as it is.
        class_names: sequence of str, or None.
    """
    if isinstance(labels, str):
        return _class_number(labels, class_names)
    names = isinstance(labels, np.ndarray) and labels.dtype.kind in "OUT"
    if names or isinstance(labels, (list, tuple)):
        return [
            _class_number(label, class_names) if isinstance(label, str) else label
            for label in labels
        ]
    return labels


def _class_number(name, class_names):
    if class_names is None:
        raise ValueError(
            "`labels` must be ints for a model without `class_names`, which it takes "
            f"from its data or is given. Received: {str(name)!r}"
        )
    return list(class_names).index(check_choice("labels", str(name), class_names))


def resolve_labels(labels, num_samples, num_classes, generator):
    """Returns int32 labels `(num_samples,)` for sampling, or None.

    Args:
        labels: None (drawn uniformly), an int for all, or a sequence of ints.
        num_samples: int.
        num_classes: int, or None for an unconditional model.
        generator: `numpy.random.Generator`.
    """
    if num_classes is None:
        if labels is not None:
            raise ValueError(
                "`labels` must be None for a model without `num_classes`. "
                f"Received: labels={labels!r}"
            )
        return None
    if labels is None:
        if generator is None:
            raise ValueError(
                f"`labels` must be given to a model with num_classes={num_classes}. "
                "Received: labels=None"
            )
        return generator.integers(0, num_classes, num_samples).astype("int32")
    labels = np.asarray(ops.convert_to_numpy(labels))
    if labels.shape == (num_samples, 1):
        labels = labels[:, 0]
    if labels.ndim == 0:
        labels = np.full(num_samples, labels)
    if labels.shape != (num_samples,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"`labels` must be an int or {num_samples} ints. "
            f"Received: labels of shape {labels.shape}, dtype {labels.dtype}"
        )
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"`labels` must be in [0, {num_classes - 1}]. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )
    return labels.astype("int32")


def decoder_classes(model):
    """Returns the classes of the labels that images are made from, None for none.

    Args:
        model: any model; one that is not of this library has `num_classes` at most.
    """
    return getattr(model, "decoder_classes", getattr(model, "num_classes", None))


def class_names(model):
    """Returns the names of a model's classes, or of its data's, or None."""
    names = getattr(model, "class_names", None)
    data = getattr(model, "training_data", None)
    return getattr(data, "class_names", None) if names is None else names
