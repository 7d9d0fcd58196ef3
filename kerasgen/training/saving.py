"""What a model's file holds: its arguments, how it was compiled, all its state."""

import inspect

import keras
import numpy as np

from kerasgen.atomic_folder import check_file
from kerasgen.training import averages, state
from kerasgen.training.exporting import Exporting
from kerasgen.training.phases import refuse_quantized


class GivenArguments:
    """What a constructor was given (an object that Keras does not track).

    Attributes:
        named: dict from name to value, in the order of the signature, with defaults;
            what `**kwargs` takes comes last.
        unnamed: list of pairs of name and value that cannot be given by name.
        hands_on: bool. Whether there is a `**kwargs`.
    """

    def __init__(self, signature, bound):
        bound.apply_defaults()
        self.named, self.unnamed, self.hands_on = {}, [], False
        for name, parameter in list(signature.parameters.items())[1:]:
            value = bound.arguments[name]
            if parameter.kind == parameter.VAR_KEYWORD:
                self.named.update(value)
                self.hands_on = True
            elif parameter.kind in (
                parameter.VAR_POSITIONAL,
                parameter.POSITIONAL_ONLY,
            ):
                self.unnamed += [(name, object())] if value else []
            else:
                self.named[name] = value


def is_plain(value):
    """Whether a value is None, a number, a string, or lists, tuples, dicts of them."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and is_plain(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(is_plain(part) for part in value)
    return value is None or isinstance(value, (str, bool, int, float, np.number))


class Saving(Exporting):
    """Mixin of `GenerativeModel`: config and `.keras` files, and all state by name."""

    def get_compile_config(self):
        if not self.compiled:
            return {}
        optimizer = keras.optimizers.serialize(self.optimizer)
        return {"optimizer": optimizer, **self._compile_arguments}

    def compile_from_config(self, config):
        config = dict(config)
        config["optimizer"] = keras.optimizers.deserialize(config["optimizer"])
        self.compile(**config)

    def quantize(self, mode=None, *args, **kwargs):
        """Raises ValueError: a model trains float weights, and its file holds them.

        A copy of a network can be quantised, see the message.
        """
        raise ValueError(
            "`quantize` must be called on a copy of a network, as `network = "
            "keras.models.clone_model(model.generator)` with `network.set_weights("
            "model.generator.get_weights())`: a model trains float weights, and its "
            f"file could not be read again. Received: mode={mode!r}"
        )

    def save(self, filepath, *args, **kwargs):
        """Writes the `.keras` file, as in Keras, unless it could not be read again."""
        check_file("filepath", filepath)
        self.get_config()
        super().save(filepath, *args, **kwargs)

    def save_weights(self, filepath, *args, **kwargs):
        """Writes the weights alone, as in Keras."""
        check_file("filepath", filepath)
        super().save_weights(filepath, *args, **kwargs)

    def get_config(self):
        """Returns the constructor's arguments, and what is frozen if anything is.

        Also those that its `**kwargs` hands on to the classes it inherits from. Each
        is read from the attribute of its name; where there is none, it is as given.

        Raises:
            ValueError: if a network was quantised.
        """
        refuse_quantized(self)
        config = {name: value for name, value in self._arguments() if is_plain(value)}
        if self._is_own("dtype"):
            config["dtype"] = keras.dtype_policies.serialize(self.dtype_policy)
        if self.class_names is not None:
            config["class_names"] = self.class_names
        if frozen := self.frozen():
            config["frozen"] = frozen
        return config

    def record_arguments(self, args, kwargs):
        """Keeps what the constructor was given; called when it has ended.

        Raises:
            TypeError: if a file could not hold one of its arguments.
        """
        signature = inspect.signature(type(self).__init__)
        self._given_arguments = GivenArguments(
            signature, signature.bind(self, *args, **kwargs)
        )
        if type(self).get_config is not Saving.get_config:
            return
        for name, value in [*self._arguments(), *self._given_arguments.unnamed]:
            if not is_plain(value):
                raise TypeError(
                    f"`{name}` must be None, a number, a string, or a list, tuple or "
                    "dict of them, or be kept as one in the attribute of its name, so "
                    "that a file can hold it; else the class must override "
                    f"`get_config` and `from_config`. Received: {name}={value!r}"
                )

    def _arguments(self):
        """Returns pairs of name and value, without `dtype`."""
        found = []
        for name, given in self._given_arguments.named.items():
            kept = getattr(self, name, given)
            found.append((name, kept if is_plain(kept) else given))
        names = [name for name, _ in found]
        for name in ("seed", "name"):
            if name not in names and self._is_own(name):
                found.append((name, getattr(self, name)))
        return [(name, value) for name, value in found if name != "dtype"]

    def _is_own(self, name):
        """Whether `seed`, `name` or `dtype` is the caller's, not set by a class."""
        if name in self._given_arguments.named:
            return True
        return self._given_arguments.hands_on and self._received[name] is None

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        frozen = config.pop("frozen", ())
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = keras.dtype_policies.deserialize(config["dtype"])
        names = config.pop("class_names", None)
        model = cls(**config)
        model.class_names = names
        model.freeze_only(frozen)
        return model

    def state_variables(self):
        """Returns all changing state, a dict from attribute path to variable."""
        return state.state_variables(self)

    def save_own_variables(self, store):
        self.sync()
        state.save_own_variables(self, store)

    def load_own_variables(self, store):
        if averages.stored(store) and not averages.enabled(self):
            averages.enable(self, 0.0)
        state.load_own_variables(self, store)
