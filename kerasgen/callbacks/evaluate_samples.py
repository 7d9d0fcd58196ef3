"""Scores of a model's samples during training."""

import keras

from kerasgen.arguments import check_int
from kerasgen.metrics import feature_network
from kerasgen.metrics.sample_scores import SampleScorer


class EvaluateSamples(keras.callbacks.Callback):
    """Scores samples beside real images after epochs, and adds the scores to the logs.

    What comes after it in `callbacks` finds them there: TensorBoard, the history, and
    Keras's own `ModelCheckpoint` and `EarlyStopping` with `monitor=`, such as
    `"frechet_distance_by_random"`. Training is the same with it and without, as samples
    are drawn by a seed of their own.

    Args:
        real: `kerasgen.data.Dataset` of images that the model is not trained on:
            settings, and the epoch to stop at, are chosen on a validation split.
        network: as in `kerasgen.metrics.feature_network`, or None for the scores of
            pixels alone. Other data than images are their own features. Defaults to
            `"random"`.
        scores: list of names, as in `kerasgen.metrics.score_samples`. Defaults to the
            Frechet distance, precision and recall, or without a network to MS-SSIM;
            of other data than images to precision and recall.
        num_samples: int. Defaults to `1000`, and at most as many as `real` has.
        period: int. Epochs from one measurement to the next. Between them the logs have
            no scores, which callbacks that monitor them warn of: leave it at `1` for
            those. Defaults to `1`.
        train: `kerasgen.data.Dataset` or None. With it `latest` has the scores of real
            images, too, and `"classifier"` has what it learns from.
        seed: int. Of the samples.
        batch_size: int or None. Samples a call.

    Attributes:
        latest: the latest `kerasgen.metrics.SampleScores`, or None.

    Example:

    ```python
    data, validation = kerasgen.data.hold_out(data, 16)
    scores = kerasgen.callbacks.EvaluateSamples(validation)
    monitor = {"monitor": "frechet_distance_by_random", "mode": "min"}
    best = keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True, **monitor)
    model.fit(data, epochs=2, callbacks=[scores, best])
    ```
    """

    def __init__(
        self,
        real,
        network="random",
        scores=None,
        num_samples=1000,
        period=1,
        train=None,
        seed=0,
        batch_size=None,
    ):
        super().__init__()
        self.real, self.train, self.batch_size = real, train, batch_size
        known = real if train is None else train
        images = known.image_shape is not None
        self.network = None
        if images and network is not None:
            self.network = feature_network(network, known)
        if scores is None:
            scores = ["precision_recall"]
            if self.network is not None:
                scores.insert(0, "frechet_distance")
            elif images:
                scores = ["ms_ssim"]
        self.scores = list(scores)
        self.num_samples = check_int("num_samples", num_samples, 2)
        self.period = check_int("period", period)
        self.seed = check_int("seed", seed, 0)
        self.latest = self._scorer = None

    def get_state(self):
        return {}

    def set_state(self, state):
        pass

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.period:
            return
        if self._scorer is None:
            self._scorer = SampleScorer(
                self.model,
                self.real,
                self.train,
                self.network,
                self.num_samples,
                self.seed,
            )
        self.latest = self._scorer.score(self.scores, self.batch_size)
        if logs is not None:
            logs.update(self.latest.figures())
