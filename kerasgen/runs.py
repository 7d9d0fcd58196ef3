"""A run: its folder, its callbacks, its results."""

import contextlib
import os
import shlex
import sys
from pathlib import Path

import keras
import numpy as np

from kerasgen.callbacks import ReconstructionGrid, SampleGrid, TensorBoard
from kerasgen.callbacks.backup import Backup
from kerasgen.figures import Figures
from kerasgen.images import grid, save_png
from kerasgen.record import environment, now, plain, write_json
from kerasgen.run_folder import open_folder
from kerasgen.run_history import (
    HistoryFile,
    epoch_figures,
    median_seconds,
    read_history,
)

EXIT_CODES = {"SIGINT": 130}  # any other signal: 75, which means "start it again"


class Run(Figures):
    """What a recipe's `main` gets as `run`: it trains in a folder and can go on.

    The folder holds `config.json` (settings, versions, device), `samples/` and
    `samples.gif`, `reconstructions/`, `completions.png`, `logs/` (TensorBoard),
    `history.jsonl` (one epoch a line), `checkpoints/` (and a folder more for each
    prior), and at the end `model.keras` and `results.json`.

    Args:
        folder: path of the run folder.
        recipe: str, the recipe's name, such as `"gans/dcgan"`.
        settings: dict of the arguments of the recipe's `main`.
        command: list of str, the command that was given.
        verbose: int, as in `Model.fit`, or None: 1 in a terminal, 2 elsewhere.
    """

    def __init__(self, folder, recipe, settings, command, verbose=None):
        self.folder = Path(folder)
        self.recipe = recipe
        self.settings = plain(settings)
        self.command = shlex.join(command)
        if verbose is None:
            verbose = 1 if sys.stdout.isatty() else 2
        self.verbose = verbose
        self.training = False
        self._environment = environment()

    def say(self, text):
        """Tells the user something, unless the run is silent."""
        if self.verbose:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    @contextlib.contextmanager
    def opened(self, resume=True):
        """Holds the run folder; see `kerasgen.run_folder.open_folder`."""
        config = {
            "recipe": self.recipe,
            "settings": self.settings,
            "command": self.command,
            "date": now(),
            **self._environment,
        }
        lock = open_folder(self.folder, config, resume, self.say)
        backend, device = config["backend"], config["device"]
        self.say(f"{self.recipe} in {self.folder}, on {backend}, {device}")
        try:
            yield self
        finally:
            lock.release()

    def callbacks(self, model, dataset, sample_period=1, minutes=10):
        """Returns the callbacks of a run.

        Args:
            model: the model to be fitted.
            dataset: `kerasgen.data.Dataset`, whose first images are reconstructed by
                a model that can.
            sample_period: int. Epochs between pictures.
            minutes: number. A checkpoint is written after every epoch, and within
                one after so many minutes.
        """
        pictures = {"directory": self.folder, "period": sample_period}
        made = [HistoryFile(self)]
        made.append(SampleGrid(**pictures))
        if hasattr(model, "reconstruct"):
            made.append(ReconstructionGrid(dataset, **pictures))
        made.append(TensorBoard(self.folder / "logs"))
        backup = Backup(self.folder / "checkpoints", minutes=minutes)
        return [*made, backup]

    def fit(self, model, dataset, callbacks=(), sample_period=1, minutes=10, **kwargs):
        """Calls `model.fit` with the run's callbacks, and ends the run if told to.

        Args:
            model: compiled model.
            dataset: `kerasgen.data.Dataset` to train on.
            callbacks: list of further callbacks.
            sample_period: as in `callbacks`.
            minutes: as in `callbacks`.
            **kwargs: the other arguments of `Model.fit`, such as `epochs`.

        Raises:
            SystemExit: with code 75, or 130 after Ctrl-C, when a signal ended the
                training. All is saved then: the same command goes on.
        """
        own = self.callbacks(model, dataset, sample_period, minutes)
        history = model.fit(
            dataset, callbacks=[*own, *callbacks], verbose=self.verbose, **kwargs
        )
        self._end_if_told(model, own[-1])
        return history

    def fit_prior(self, model, dataset, minutes=10, **kwargs):
        """Calls `model.fit_prior` so that each prior can go on, and ends if told to.

        Args:
            model: model with `fit_prior` and `priors`, such as `VQVAE`.
            dataset: `kerasgen.data.Dataset` of the images.
            minutes: as in `callbacks`; of each prior's `checkpoints-NAME`.
            **kwargs: the other arguments of `fit_prior`, such as `epochs`.

        Raises:
            SystemExit: as in `fit`.
        """
        backups = {
            prior: Backup(self.folder / f"checkpoints-{prior.name}", minutes=minutes)
            for prior in model.priors
        }
        history = model.fit_prior(
            dataset,
            callbacks=lambda prior: [backups[prior]],
            verbose=self.verbose,
            **kwargs,
        )
        for prior, backup in backups.items():
            self._end_if_told(prior, backup)
        return history

    def fit_part(self, model, dataset, name, minutes=10, **kwargs):
        """Calls `model.fit` of a part of the run, which can go on, too.

        Of a model that another is trained on, say. No picture and no log is written.

        Args:
            model: compiled model.
            dataset: `kerasgen.data.Dataset` to train on.
            name: str. Its checkpoints are in `checkpoints-NAME`.
            minutes: as in `callbacks`.
            **kwargs: the other arguments of `Model.fit`, such as `epochs`.

        Raises:
            SystemExit: as in `fit`.
        """
        backup = Backup(self.folder / f"checkpoints-{name}", minutes=minutes)
        history = model.fit(dataset, callbacks=[backup], verbose=self.verbose, **kwargs)
        self._end_if_told(model, backup)
        return history

    def _end_if_told(self, model, backup):
        """Raises SystemExit if a signal ended the training that `backup` saved."""
        signal = backup.interrupted
        if signal:
            sys.stderr.write(
                f"\nstopped by {signal} after step {_steps(model)}; saved in "
                f"{self.folder}. The same command goes on:\n  {self.command}\n"
            )
            raise SystemExit(EXIT_CODES.get(signal, 75))

    def save_completions(self, model, dataset, num_images=16, seed=0):
        """Writes `completions.png`: images whose upper half was given.

        Args:
            model: autoregressive model.
            dataset: `kerasgen.data.Dataset`, whose first images are halved.
            num_images: int.
            seed: int. Of the lower halves.
        """
        x, labels = dataset.take(num_images)
        height, width = x.shape[1:3]
        upper = np.arange(height)[:, None] < height // 2
        halves = model.complete(
            x, np.broadcast_to(upper, (height, width)), labels, seed=seed
        )
        save_png(self.folder / "completions.png", grid(halves, columns=8))

    def save_model(self, model, name="model.keras"):
        """Writes a model to the run's folder, whole or not at all.

        Args:
            model: model to save.
            name: str. The file, which ends in `.keras`.
        """
        temporary = self.folder / f".{os.getpid()}-{name}"
        try:
            model.save(temporary)
            os.replace(temporary, self.folder / name)
        finally:
            temporary.unlink(missing_ok=True)

    def finish(self, model, dataset=None, evaluation=None):
        """Writes `model.keras` and `results.json`.

        Args:
            model: the trained model.
            dataset: the `kerasgen.data.Dataset` it was trained on.
            evaluation: dict of figures, such as
                `model.evaluate(test, return_dict=True)`.

        Returns:
            dict, what `results.json` holds: all that is needed to repeat the run.
        """
        self.save_model(model)
        epochs = read_history(self.folder)
        results = {
            "recipe": self.recipe,
            "command": self.command,
            "settings": self.settings,
            "data": dataset.describe() if hasattr(dataset, "describe") else None,
            "model": type(model).__name__,
            "parameters": model.count_params(),
            "epochs": len(epochs),
            "steps": _steps(model),
            "seconds_per_epoch": median_seconds(epochs),
            "metrics": epoch_figures(epochs[-1]) if epochs else {},
            "evaluation": evaluation or {},
            "date": now(),
            **self._environment,
        }
        results = plain(results)
        write_json(self.folder / "results.json", results)
        for name, value in {**results["metrics"], **results["evaluation"]}.items():
            self.say(f"  {name}: {value}")
        self.say(f"model, samples and results are in {self.folder}")
        return results


def _steps(model):
    model.sync()
    return int(keras.ops.convert_to_numpy(model.steps))
