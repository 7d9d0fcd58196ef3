"""What goes wrong with a GAN, said while it trains."""

import math
import warnings

import keras
import numpy as np

from kerasgen.arguments import check_int, check_number
from kerasgen.backend import to_numpy
from kerasgen.callbacks.output import train_steps
from kerasgen.callbacks.symptoms import (
    ADVICE,
    Symptoms,
    effective_number,
    kernel_width,
)
from kerasgen.data import Dataset
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.images.values import to_float
from kerasgen.training import gradient_norms

_LEAST_OF_A_CLASS = 8  # samples


class CollapseWatch(keras.callbacks.Callback):
    """Watches a GAN for what ruins it, says in plain words what, and what to try.

    A check draws samples and takes one batch's gradients; training is the same with it
    and without, bit for bit. A symptom that lasts `patience` checks is told by a
    warning, once each time that it appears:

    - `"collapse"`: samples are too much alike. Their diversity is (n - 1) / (m - 1), of
      n distinct examples that the samples are worth and m of as many real ones, means
      over the classes of a conditional model where these have 8 examples or more: 0
      where all are the same, 1 where they are as varied as real ones;
    - `"saturation"`: the discriminator makes hardly a mistake. The critics of `WGANGP`
      and `ProGAN` know no such bound: of them this is not watched;
    - `"vanished_gradient"`: of the generator, beside what it was;
    - `"oscillation"`: a player's loss swings, seen over twelve checks; a loss that
      changes its sign has no scale to swing on, and is not watched;
    - `"not_finite"`: samples, losses or gradients are NaN or infinite, told at once.

    To the epoch's logs, the history and TensorBoard with them, it adds
    `sample_diversity`, `separation` where it is watched, `generator_gradient_norm`
    and so on for each player, and `symptoms`, how many there are.

    It is for the models that draw samples from noise, of `kerasgen.gans` all but those
    that translate, CycleGAN and Pix2Pix; autoencoders have other signs of failure.

    Args:
        real: `kerasgen.data.Dataset` of what samples are compared with, with labels for
            a conditional model. None for the data that it is trained on.
        period: int. Epochs from one check to the next. Defaults to `1`.
        steps: int or None. With it checks are made every so many steps of an epoch
            instead, and the logs of an epoch have the latest. Give it where an epoch
            takes long.
        patience: int. Checks in a row until a symptom is told. Defaults to `3`.
        warmup_steps: int. Training steps of the model before which nothing is told but
            what is not finite: samples of a new model are alike. Defaults to `500`.
        num_samples: int, at least 2. Samples, and real examples, of a check.
        min_diversity: float in [0, 1]. Samples have collapsed below this
            diversity. Defaults to `0.05`.
        max_separation: float in [0, 1]. A discriminator is saturated above it: the
            mean D(x) - D(G(z)) of probabilities; of other objectives with a bound one
            less the share of its loss that is left of a discriminator's that cannot
            tell. Defaults to `0.97`.
        min_gradient: float in [0, 1]. The generator's gradient has vanished below this
            share of what its norm was. Defaults to `0.01`.
        stop: bool. Whether to end the training at the first symptom.
        seed: int. Of the samples.
        batch_size: int or None. Samples a call.

    Attributes:
        symptoms: dict of those at the latest check, from name to what is wrong.
        figures: dict of what the latest check measured.

    Example:

    ```python
    watch = kerasgen.callbacks.CollapseWatch(stop=True)
    model.fit(data, epochs=2, callbacks=[watch])
    ```
    """

    def __init__(
        self,
        real=None,
        period=1,
        steps=None,
        patience=3,
        warmup_steps=500,
        num_samples=100,
        min_diversity=0.05,
        max_separation=0.97,
        min_gradient=0.01,
        stop=False,
        seed=0,
        batch_size=None,
    ):
        super().__init__()
        self.real = real
        self.period = check_int("period", period)
        self.steps = None if steps is None else check_int("steps", steps)
        self.warmup_steps = check_int("warmup_steps", warmup_steps, 0)
        self.num_samples = check_int("num_samples", num_samples, 2)
        self.stop, self.seed = bool(stop), check_int("seed", seed, 0)
        self.batch_size = batch_size
        if batch_size is not None:
            check_int("batch_size", batch_size)
        self._judge = Symptoms(
            check_int("patience", patience),
            check_number("min_diversity", min_diversity, 0.0, 1.0),
            check_number("max_separation", max_separation, 0.0, 1.0),
            check_number("min_gradient", min_gradient, 0.0, 1.0),
        )
        self.symptoms, self.figures = {}, {}
        self._examples = None

    def set_model(self, model):
        super().set_model(model)
        if not isinstance(model, AdversarialModel):
            raise TypeError(
                "`model` must be a GAN that draws samples from noise, such as "
                f"gans.DCGAN, to be watched. Received: model={type(model).__name__}"
            )

    def get_state(self):
        """Returns what a backup keeps of this callback."""
        return {**self._judge.state(), "told": list(self.symptoms)}

    def set_state(self, state):
        """Receives what `get_state` returned."""
        self._judge.restore(state)
        self.symptoms = dict.fromkeys(state.get("told", ()), "")

    def on_train_begin(self, logs=None):
        self._judge.reset()
        self.symptoms, self.figures = {}, {}
        self._examples = self._choose_examples()

    def on_epoch_begin(self, epoch, logs=None):
        self._checked, self._means = 0, {}
        if train_steps(self.model) == 0:
            self._judge.note(
                gradient_norms(self.model, *self._examples[:2])["generator"]
            )

    def on_train_batch_begin(self, batch, logs=None):
        # As in `Backup`, there is no hook at a batch's end, which Keras would wait for.
        if self.steps is not None and batch - self._checked >= self.steps:
            self._checked = batch
            self.model.sync()
            self._check(self._recent_scalars(), f"after step {train_steps(self.model)}")

    def on_epoch_end(self, epoch, logs=None):
        if self.steps is None and (epoch + 1) % self.period == 0:
            scalars = {name: float(np.mean(x)) for name, x in (logs or {}).items()}
            self._check(scalars, f"after epoch {epoch + 1}")
        elif self.steps is None:
            return
        if logs is not None:
            logs.update(self.figures)

    def _check(self, scalars, when):
        losses = {
            name: value
            for name, value in scalars.items()
            if name.endswith("_loss") and not name.startswith("val_")
        }
        norms = gradient_norms(self.model, *self._examples[:2])
        separation = self.model.separation(scalars)
        found = {
            "diversity": self._diversity(),
            "separation": separation,
            "gradient": norms["generator"],
        }
        warm = train_steps(self.model) >= self.warmup_steps
        before, self.symptoms = self.symptoms, self._judge.check(found, losses, warm)
        self.figures = {"sample_diversity": found["diversity"]}
        if separation is not None:
            self.figures["separation"] = separation
        self.figures |= {f"{name}_gradient_norm": norm for name, norm in norms.items()}
        self.figures["symptoms"] = len(self.symptoms)
        for name, text in self.symptoms.items():
            if name not in before:
                warnings.warn(
                    f"{type(self).__name__} {when}: {text}. {ADVICE[name]}",
                    stacklevel=2,
                )
        if self.symptoms and self.stop:
            self.model.stop_training = True

    def _diversity(self):
        """Returns the samples' effective number over that of real examples."""
        x, labels, within, width, real = self._examples
        if width is None:
            return None
        samples = to_float(
            self.model.sample(
                len(x), labels, seed=self.seed, batch_size=self.batch_size
            )
        )
        if not np.isfinite(samples).all():
            return math.nan
        return (effective_number(samples, width, within) - 1.0) / (real - 1.0)

    def _recent_scalars(self):
        """Returns the means of the model's scalars since the last check of an epoch."""
        means = {m.name: _total_and_count(m) for m in self.model.metrics}
        before, self._means = self._means, means
        scalars = {}
        for name, (total, count) in means.items():
            earlier, seen = before.get(name, (0.0, 0.0))
            if count > seen:
                scalars[name] = (total - earlier) / (count - seen)
        return scalars

    def _choose_examples(self):
        """Returns `(x, labels, labels within which to compare, width, number)`."""
        data = self.model.training_data if self.real is None else self.real
        if not isinstance(data, Dataset):
            given = "None" if data is None else f"a {type(data).__name__}"
            raise ValueError(
                "`real` must be a kerasgen.data.Dataset; None will do where a model is "
                f"trained on one, or on arrays. Received: real={given}"
            )
        x, labels = data.spread(self.num_samples)
        classes = self.model.num_classes
        if len(x) < 2 or (labels is None and classes is not None):
            what = "two examples or more" if len(x) < 2 else "labels"
            raise ValueError(f"`real` must hold {what}. Received: real={data.name!r}")
        labels = None if classes is None else np.asarray(labels)
        few = classes is None or len(x) < _LEAST_OF_A_CLASS * classes
        within = None if few else labels
        floats = to_float(x)
        width = kernel_width(floats)
        real = None if width is None else effective_number(floats, width, within)
        return x, labels, within, width, real


def _total_and_count(metric):
    return float(to_numpy(metric.total)), float(to_numpy(metric.count))
