"""Averages of the weights, for sampling."""

import keras

from kerasgen.arguments import check_decay


class ModelAverage(keras.callbacks.Callback):
    """Keeps an exponential moving average of the networks used for sampling.

    The averages are updated inside the training step, saved with the model, and used
    by `sample`, `encode`, `predict`, `export` and the like unless these are asked for
    `weights="raw"`. `evaluate` and direct calls `model(x)` use the raw weights. Batch
    statistics are copied, not averaged. The same as `compile(average_decay=decay)`.

    Args:
        decay: float in [0, 1). Share of the old average kept at each step; its time
            constant is `1 / (1 - decay)` steps. Defaults to `0.999`.
    """

    def __init__(self, decay=0.999):
        super().__init__()
        self.decay = check_decay("decay", decay)

    def set_model(self, model):
        super().set_model(model)
        model.enable_average(self.decay)
