"""What a model's file holds: its arguments, how it was compiled, all its state."""

import inspect

import keras

from kerasgen.training import averages, state
from kerasgen.training.exporting import Exporting
from kerasgen.training.phases import refuse_quantized


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
        self.get_config()
        super().save(filepath, *args, **kwargs)

    def get_config(self):
        """Returns the constructor's arguments, and what is frozen if anything is.

        Each argument is read from its attribute.

        Raises:
            ValueError: if a network was quantised.
        """
        refuse_quantized(self)
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        config = {n: getattr(self, n) for n in names if n not in ("kwargs", "dtype")}
        for name in ("seed", "name"):
            config.setdefault(name, getattr(self, name))
        policy = keras.dtype_policies.serialize(self.dtype_policy)
        config["dtype"] = policy
        if self.class_names is not None:
            config["class_names"] = self.class_names
        if frozen := self.frozen():
            config["frozen"] = frozen
        return config

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
