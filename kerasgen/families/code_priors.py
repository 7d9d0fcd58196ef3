"""Priors over grids of codes: fitted after the autoencoder, and kept in it."""

import numpy as np
from keras import ops

from kerasgen.training.parts import Parts


class CodePriors(Parts):
    """Mixin of `QuantizedModel`: a `prior_class` for each grid of codes, its parts.

    A model sets `prior_class`, `kerasgen.autoregressive.GatedPixelCNN`.

    The first is given the label where there are classes, each other one the grid before
    it as well. Until they are fitted all codes are equally likely, and `sample` raises.
    """

    def add_priors(self, **grids):
        """Builds the priors, of grids of codes in the order in which they are drawn.

        Args:
            **grids: tuples `(height, width)` by the names of the priors.
        """
        priors, before = {}, None
        for name, grid in grids.items():
            given = {"num_classes": self.num_classes}
            if before is not None:
                given = {"condition_shape": (*before, self._condition_channels)}
            prior = self.prior_class(
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
            priors[name] = prior
            before = grid
        self.add_parts(**priors)

    @property
    def priors(self):
        """The priors, a tuple of models of `prior_class`."""
        return tuple(self.parts.values())

    @property
    def _condition_channels(self):
        return self.num_codes + (self.num_classes or 0)

    def draw_codes(self, num_samples, labels, generator, batch_size, temperature):
        """Draws codes, as `encode` returns them, by a NumPy generator."""
        if not self.parts_fitted:
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

    def fit_prior(self, x, y=None, **kwargs):
        """Trains the priors on the codes of images; the autoencoder stays as it is.

        Args:
            x, y, **kwargs: as in `fit_parts`, of which this is another name. Images are
                encoded once, as in evaluation.

        Returns:
            `keras.callbacks.History`, or a tuple of them, one for each prior.
        """
        self._assert_compile_called("fit_prior")
        return self._one_or_all(list(self.fit_parts(x, y, **kwargs).values()))

    def part_data(self, data, training=True):
        """Yields the codes of images as a `Dataset` for each prior."""
        from kerasgen.data import Dataset

        rows = [
            np.arange(start, min(start + 1024, data.num_examples))
            for start in range(0, data.num_examples, 1024)
        ]
        parts = [self._all(self.encode(data.source[i])) for i in rows]
        grids = [np.concatenate(part) for part in zip(*parts, strict=True)]
        labels = None
        if self.num_classes is not None:
            labels = np.concatenate([np.asarray(data.labels[i]) for i in rows])
        for i, grid in enumerate(grids):
            yield Dataset(
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
