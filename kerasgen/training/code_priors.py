"""Priors over grids of codes: fitted after the autoencoder, and kept in it."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.autoregressive.gated_pixelcnn import GatedPixelCNN


class CodePriors:
    """Mixin of `QuantizedModel`: a Gated PixelCNN for each grid of codes.

    The first is given the label where there are classes, each other one the grid before
    it as well. The priors belong to the model: one file holds all, optimizers too. They
    are no phases of it, and no part of its `trainable_variables`. Until they are fitted
    all codes are equally likely, and `sample` raises.
    """

    def add_priors(self, **grids):
        """Builds the priors, of grids of codes in the order in which they are drawn.

        Args:
            **grids: tuples `(height, width)` by the names of the priors.
        """
        priors, before = [], None
        for name, grid in grids.items():
            given = {"num_classes": self.num_classes}
            if before is not None:
                given = {"condition_shape": (*before, self._condition_channels)}
            prior = GatedPixelCNN(
                (*grid, 1),
                self.prior_filters,
                self.prior_blocks,
                head_filters=2 * self.prior_filters,
                levels=self.num_codes,
                embedding_dim=self.prior_filters,
                seed=self.seed,
                name=name,
                dtype=self.dtype_policy,
                **given,
            )
            last = prior.head[-1].kernel
            last.assign(ops.zeros_like(last.value))
            priors.append(prior)
            before = grid
        self._priors = _Untracked(priors)

    @property
    def priors(self):
        """The priors, a tuple of `kerasgen.autoregressive.GatedPixelCNN`."""
        return tuple(self._priors.models)

    @property
    def _condition_channels(self):
        return self.num_codes + (self.num_classes or 0)

    @property
    def priors_fitted(self):
        """Whether `fit_prior` has trained every prior, so that `sample` can draw."""
        self.sync()
        return all(int(backend.to_numpy(prior.steps)) for prior in self.priors)

    def draw_codes(self, num_samples, labels, generator, batch_size, temperature):
        """Draws codes, as `encode` returns them, by a NumPy generator."""
        if not self.priors_fitted:
            raise ValueError(
                "`sample` must be called after `fit_prior`, which trains the priors "
                "that codes are drawn from; `fit` trains the autoencoder alone. "
                f"Received: a {type(self).__name__} whose priors made no step"
            )
        grids = []
        for prior in self.priors:
            drawn = prior.sample(
                num_samples,
                self._given(grids, labels),
                seed=int(generator.integers(2**31)),
                batch_size=batch_size,
                temperature=temperature,
            )
            grids.append(np.rint(drawn[..., 0] * (self.num_codes - 1)).astype("int32"))
        return self._one_or_all(grids)

    def code_log_prob(self, x, labels=None, batch_size=None):
        """Returns the log-probability of the codes of images, in nats.

        Args:
            x: images, as in `encode`.
            labels: ints `(n,)`, for a conditional model.
            batch_size: int or None. Images a call.

        Returns:
            float array `(n,)`, the sum over all grids.
        """
        self.check_batch(x, labels)
        grids = self._all(self.encode(x, batch_size))
        total = 0.0
        for i, prior in enumerate(self.priors):
            given = self._given(grids[:i], labels if self.num_classes else None)
            total = total + prior.log_prob(grids[i][..., None], given, 0, batch_size)
        return total

    # === Training ===

    def fit_prior(
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
        """Trains the priors on the codes of images; the autoencoder stays as it is.

        Images are encoded once, as in evaluation. A second call goes on.

        Args:
            x: array of images, or `kerasgen.data.Dataset`.
            y: labels, where `x` is an array and the model conditional.
            batch_size: int or None. For arrays.
            epochs: int.
            optimizer: optimizer or its name, a copy for each prior; None for Adam, or
                in a second call for the one before.
            validation_data: tuple of arrays, or `kerasgen.data.Dataset`, or None.
            callbacks: list, or a function from a prior to its list: a `Backup` is for
                one prior alone. One that a signal interrupted ends the call.
            **kwargs: other arguments of `fit`.

        Returns:
            `keras.callbacks.History`, or a tuple of them, one for each prior.
        """
        self._assert_compile_called("fit_prior")
        data, held_out = self._code_data(x, y, batch_size), None
        if validation_data is not None:
            held_out = self._code_data(validation_data, None, batch_size, False)
        if isinstance(optimizer, keras.optimizers.Optimizer):
            optimizer = keras.optimizers.serialize(optimizer)
        histories = []
        for i, prior in enumerate(self.priors):
            if optimizer is not None:
                prior.compile(keras.optimizers.get(optimizer))
            elif not prior.compiled:
                prior.compile()
            given = callbacks(prior) if callable(callbacks) else callbacks
            histories.append(
                prior.fit(
                    data[i],
                    epochs=epochs,
                    validation_data=None if held_out is None else held_out[i],
                    callbacks=given,
                    **kwargs,
                )
            )
            if any(getattr(c, "interrupted", None) for c in given or ()):
                break
        return self._one_or_all(histories)

    def _code_data(self, x, y, batch_size, training=True):
        """Returns the codes of images as a `Dataset` for each prior."""
        from kerasgen.data import Dataset, as_dataset

        data = as_dataset(x, y, batch_size=batch_size, seed=self.seed or 0)
        if not isinstance(data, Dataset):
            raise TypeError(
                "`x` must be an array of images or a kerasgen Dataset. "
                f"Received: x of type {type(x).__name__}"
            )
        self.check_batch(*data.take(1))
        rows = [
            np.arange(start, min(start + 1024, data.num_examples))
            for start in range(0, data.num_examples, 1024)
        ]
        parts = [self._all(self.encode(data.source[i])) for i in rows]
        grids = [np.concatenate(part) for part in zip(*parts, strict=True)]
        labels = None
        if self.num_classes is not None:
            labels = np.concatenate([np.asarray(data.labels[i]) for i in rows])
        return [
            Dataset(
                (grid[..., None] / (self.num_codes - 1)).astype("float32"),
                _Conditions(self._given, grids[:i], labels) if i else labels,
                batch_size=data.batch_size,
                seed=data.seed,
                shuffle=training and data.shuffle,
                drop_remainder=training and data.drop_remainder,
                num_classes=None if i else self.num_classes,
                name=data.name,
                split=data.split,
            )
            for i, grid in enumerate(grids)
        ]

    def _given(self, grids, labels):
        """Returns what a prior is given: labels, or the last of `grids` with them.

        As an image of 0 and 255: a map for each code, and then for each class.
        """
        if not grids:
            return labels
        codes = np.arange(self.num_codes)
        maps = [grids[-1][..., None] == codes]
        if labels is not None:
            of = np.asarray(labels)[:, None] == np.arange(self.num_classes)
            shape = (*grids[-1].shape, self.num_classes)
            maps.append(np.broadcast_to(of[:, None, None], shape))
        return 255 * np.concatenate(maps, axis=-1).astype("uint8")

    def _all(self, value):
        return list(value) if len(self.priors) > 1 else [value]

    def _one_or_all(self, values):
        return values[0] if len(self.priors) == 1 else tuple(values)

    # === All state, that of the priors too ===

    def sync(self):
        super().sync()
        for prior in self.priors:
            prior.sync()

    def state_variables(self):
        found = super().state_variables()
        for prior in self.priors:
            for name, variable in prior.state_variables().items():
                if not name.startswith("metrics/"):
                    found[f"{prior.name}/{name}"] = variable
        return found

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            config["priors"] = [prior.get_compile_config() for prior in self.priors]
        return config

    def compile_from_config(self, config):
        config = dict(config)
        compiled = config.pop("priors")
        super().compile_from_config(config)
        for prior, own in zip(self.priors, compiled, strict=True):
            if own:
                prior.compile_from_config(own)


class _Untracked:
    """Models that Keras does not take for layers of the one that holds them."""

    def __init__(self, models):
        self.models = models


class _Conditions:
    """What a prior is given, made for the rows that are read."""

    ndim = 4

    def __init__(self, given, grids, labels):
        self.given, self.grids, self.labels = given, grids, labels

    def __len__(self):
        return len(self.grids[0])

    def __getitem__(self, rows):
        labels = None if self.labels is None else self.labels[rows]
        return self.given([grid[rows] for grid in self.grids], labels)
