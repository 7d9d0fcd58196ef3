"""Which epoch of the data comes next: a part of the model's state."""

import keras

from kerasgen import backend


class DataPlace:
    """The number of the epoch that the next `fit` reads, kept with the model.

    Its variable is not one of the model's weights: no step reads or moves it, so that
    it can be assigned while a step is under way, on JAX too.
    """

    name = "data_epoch"

    def __init__(self):
        self.variable = keras.Variable(
            keras.initializers.Constant(0),
            shape=(),
            dtype="int32",
            trainable=False,
            name=self.name,
            aggregation="only_first_replica",
        )

    @property
    def epoch(self):
        """int. The epoch to be read next."""
        return int(backend.to_numpy(self.variable))

    def find(self, dataset, initial_epoch=0):
        """Brings a `Dataset` to where the training goes on.

        That is `initial_epoch` where one is given, else where the user has sought,
        else the epoch after those that the model has seen.
        """
        if initial_epoch or not dataset.sought:
            dataset.seek(initial_epoch or self.epoch)


class DataPlaceKeeper(keras.callbacks.Callback):
    """Notes that an epoch of the data was read, as soon as one of its steps is done."""

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            data = self._model.training_data
            self._next = None if data is None else data.epoch + 1
        else:
            self._note()

    def on_epoch_end(self, epoch, logs=None):
        self._note()

    def _note(self):
        if self._next is not None:
            self._model.data_place.variable.assign(self._next)
            self._next = None
