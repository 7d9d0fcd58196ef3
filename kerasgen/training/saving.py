"""What a model's file holds: its arguments, how it was compiled, all its state."""

import inspect

import keras

from kerasgen.training import averages, state


class Saving:
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

    def get_config(self):
        """Returns the constructor's arguments, each read from its attribute."""
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        config = {n: getattr(self, n) for n in names if n not in ("kwargs", "dtype")}
        for name in ("seed", "name"):
            config.setdefault(name, getattr(self, name))
        policy = keras.dtype_policies.serialize(self.dtype_policy)
        return {**config, "dtype": policy}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            config["dtype"] = keras.dtype_policies.deserialize(config["dtype"])
        return cls(**config)

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
