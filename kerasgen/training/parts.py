"""Models inside a model that are fitted one after the other.

The priors of a VQ-VAE, the two stages of a StackGAN, the levels of a pyramid: what a
part is trained on is made by what was trained before it.
"""

import itertools

import keras

from kerasgen import backend


class Parts:
    """Mixin of `GenerativeModel`: `fit` trains the model itself, `fit_parts` its parts.

    A model calls `add_parts` in its constructor and gives `part_data`. The parts belong
    to the model: one `.keras` file holds all, with their optimizers, counters and
    seeds. They are no phases of it, and no part of its `trainable_variables`.
    """

    def add_parts(self, **parts):
        """Adds models, `GenerativeModel`s, in the order in which they are fitted.

        Args:
            **parts: models by name; a part's state is stored under it.
        """
        self._parts = _Held(parts)

    @property
    def parts(self):
        """The parts, a dict from name to model, in the order of their training."""
        return dict(self._parts.models)

    @property
    def parts_fitted(self):
        """Whether every part has made a step, so that all are trained."""
        self.sync()
        return all(int(backend.to_numpy(part.steps)) for part in self.parts.values())

    def part_data(self, data, training=True):
        """Yields what each part is trained on, a `kerasgen.data.Dataset` a part.

        In the order of the parts, and each when the parts before it are trained.

        Args:
            data: `kerasgen.data.Dataset` that the model itself takes.
            training: bool. Whether it is shuffled, and batches are of one size.
        """
        raise NotImplementedError

    def fit_parts(
        self,
        x,
        y=None,
        batch_size=None,
        epochs=1,
        optimizer=None,
        validation_data=None,
        callbacks=None,
        **kwargs,
    ):
        """Trains the parts in turn; the model itself stays as it is.

        A second call goes on.

        Args:
            x: array of images, or `kerasgen.data.Dataset`.
            y: labels, where `x` is an array and the model conditional.
            batch_size: int or None. For arrays.
            epochs: int, or a dict of ints by the names of the parts.
            optimizer: optimizer or its name, a copy for each part; None for the
                paper's, or in a second call for the one before.
            validation_data: tuple of arrays, or `kerasgen.data.Dataset`, or None.
            callbacks: list, or a function from a part to its list: a `Backup` is for
                one part alone. One that a signal interrupted ends the call.
            **kwargs: other arguments of `fit`.

        Returns:
            dict of `keras.callbacks.History` by the names of the parts that were
            trained.

        Raises:
            ValueError: before `compile`.
        """
        self._assert_compile_called("fit_parts")
        given = self.part_data(self._part_source(x, y, batch_size))
        held_out = itertools.repeat(None)
        if validation_data is not None:
            validation = self._part_source(validation_data, None, batch_size)
            held_out = self.part_data(validation, training=False)
        if isinstance(optimizer, keras.optimizers.Optimizer):
            optimizer = keras.optimizers.serialize(optimizer)
        histories = {}
        for (name, part), data, held in zip(
            self.parts.items(), given, held_out, strict=False
        ):
            if optimizer is not None:
                part.compile(keras.optimizers.get(optimizer))
            elif not part.compiled:
                part.compile()
            own = callbacks(part) if callable(callbacks) else callbacks
            histories[name] = part.fit(
                data,
                epochs=epochs[name] if isinstance(epochs, dict) else epochs,
                validation_data=held,
                callbacks=own,
                **kwargs,
            )
            if any(getattr(c, "interrupted", None) for c in own or ()):
                break
        return histories

    def _part_source(self, x, y, batch_size):
        from kerasgen.data import Dataset, as_dataset

        data = as_dataset(x, y, batch_size=batch_size, seed=self.seed or 0)
        if not isinstance(data, Dataset):
            raise TypeError(
                "`x` must be an array of images or a kerasgen Dataset. "
                f"Received: x of type {type(x).__name__}"
            )
        self.check_batch(*data.take(1))
        return data

    # === State ===

    def sync(self):
        super().sync()
        for part in self.parts.values():
            part.sync()

    def state_variables(self):
        found = super().state_variables()
        for name, part in self.parts.items():
            for path, variable in part.state_variables().items():
                if not path.startswith("metrics/"):
                    found[f"{name}/{path}"] = variable
        return found

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            config["parts"] = {n: p.get_compile_config() for n, p in self.parts.items()}
        return config

    def compile_from_config(self, config):
        config = dict(config)
        compiled = config.pop("parts", None)
        if compiled is None:  # a file of version 0.1, whose parts were priors
            compiled = dict(zip(self.parts, config.pop("priors"), strict=True))
        super().compile_from_config(config)
        for name, own in compiled.items():
            if own:
                self.parts[name].compile_from_config(own)


class _Held:
    """Models that Keras does not take for layers of the one that holds them."""

    def __init__(self, models):
        self.models = models
