"""A run: its folder, its callbacks, its results."""

import contextlib
import json
import os
import shlex
import sys
from pathlib import Path

from kerasgen.atomic_folder import replacing
from kerasgen.callbacks import (
    CollapseWatch,
    EvaluateSamples,
    ReconstructionGrid,
    SampleGrid,
    TensorBoard,
    TranslationGrid,
)
from kerasgen.callbacks.backup import Backup
from kerasgen.run_epochs import epoch_figures, median_seconds, read_history
from kerasgen.runs.ending import (
    SignalExit,
    Stopped,
    refuse_nonfinite,
    refuse_nonfinite_figures,
    short_warnings,
    steps,
)
from kerasgen.runs.figures import Figures, told
from kerasgen.runs.folder import (
    MODEL,
    RESULTS,
    has_checkpoint,
    open_folder,
    resuming,
    write_config,
)
from kerasgen.runs.history import (
    HistoryFile,
    RunNote,
)
from kerasgen.runs.parts import PartRuns
from kerasgen.runs.record import environment, now, pixels, plain
from kerasgen.runs.watching import Watching


class Run(PartRuns, Figures):
    """What a recipe's `main` gets as `run`: it trains in a folder and can go on.

    The folder holds `config.json` (settings, versions, device), `samples/` and
    `samples.gif`, `reconstructions/`, `completions.png`, `logs/` (TensorBoard),
    `history.jsonl` (one epoch a line), `checkpoints/` (of these three one more for each
    part), and at the end `model.keras` and `results.json`.

    Args:
        folder: path of the run folder.
        recipe: str, the recipe's name, such as `"gans/dcgan"`.
        settings: dict of the arguments of the recipe's `main`.
        command: list of str, the command that was given.
        verbose: int, as in `Model.fit`, or None: 1 in a terminal, 2 elsewhere.
        defaults: dict, what the settings are by default, or None.
        watching: `kerasgen.runs.watching.Watching`, or None for nothing.
    """

    def __init__(
        self,
        folder,
        recipe,
        settings,
        command,
        verbose=None,
        defaults=None,
        watching=None,
    ):
        self.folder = Path(folder)
        self.recipe = recipe
        self.settings, self.defaults = plain(settings), plain(defaults or {})
        self.command = shlex.join(command)
        backend = os.environ.get("KERAS_BACKEND")  # not part of the command
        self.resume_command = resuming(self.command, backend)
        if verbose is None:
            verbose = 1 if sys.stdout.isatty() else 2
        self.verbose = verbose
        self.watching = watching or Watching()
        self.training = False
        self.parts = {}
        self._environment = environment()
        self._config = None

    def say(self, text):
        """Tells the user something, unless the run is silent."""
        if self.verbose:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    @contextlib.contextmanager
    def opened(self, resume=True):
        """Holds the run folder; see `kerasgen.runs.folder.open_folder`.

        Raises:
            SystemExit: with code 75 on SIGTERM and SIGUSR1, 130 after Ctrl-C, also
                outside `fit`.
        """
        self._config = {
            "recipe": self.recipe,
            "settings": self.settings,
            "command": self.command,
            "resume_command": self.resume_command,
            "date": now(),
            **self._environment,
        }
        try:
            with SignalExit(), short_warnings():
                lock = open_folder(
                    self.folder, self._config, resume, self.say, self.defaults
                )
                backend, device = self._config["backend"], self._config["device"]
                self.say(f"{self.recipe} in {self.folder}, on {backend}, {device}")
                try:
                    yield self
                finally:
                    lock.release()
        except KeyboardInterrupt:
            self._tell_stop("SIGINT")
            raise Stopped("SIGINT") from None
        except Stopped as stop:
            self._tell_stop(stop.signal)
            raise

    def _tell_stop(self, signal):
        sys.stderr.write(f"\nstopped by {signal}. {self.hint()}\n")

    def started_training(self):
        """Notes that data and model are as they must be, and training goes on."""
        if not self.training and self._config is not None:
            write_config(self.folder, self._config)
        self.training = True

    def callbacks(self, model, dataset, sample_period=1, minutes=10):
        """Returns the callbacks of a run.

        Args:
            model: the model to be fitted.
            dataset: `kerasgen.data.Dataset`, of which images are reconstructed by
                a model that can.
            sample_period: int. Epochs between pictures.
            minutes: number. A checkpoint is written after every epoch, and within
                one after so many minutes.
        """
        pictures = {"directory": self.folder, "period": sample_period}
        backup = Backup(self.folder / "checkpoints", minutes=minutes)
        made = [RunNote(self, backup), HistoryFile(self.folder, backup)]
        if hasattr(model, "translate"):
            made.append(TranslationGrid(dataset, **pictures))
        elif getattr(model, "parts_fitted", True):
            made.append(SampleGrid(**pictures))
        if hasattr(model, "reconstruct"):
            made.append(ReconstructionGrid(dataset, **pictures))
        made.append(TensorBoard(self.folder / "logs"))
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
            NonFiniteError: if a weight is NaN or infinite.
        """
        self.say_notes(dataset)
        own = self.callbacks(model, dataset, sample_period, minutes)
        # The history and TensorBoard write what these have added to the logs.
        first = [
            c for c in callbacks if isinstance(c, (CollapseWatch, EvaluateSamples))
        ]
        rest = [c for c in callbacks if c not in first]
        first += self.watching.callbacks(model, dataset, kwargs.get("validation_data"))
        trackers = self.watching.trackers(self.folder, self.settings)
        history = model.fit(
            dataset,
            callbacks=[*first, *own, *rest, *trackers],
            verbose=self.verbose,
            **kwargs,
        )
        self.end(model, own[-1])
        return history

    def say_notes(self, dataset):
        """Says what was made of the data without being asked for."""
        for note in getattr(dataset, "notes", ()):
            self.say(note)

    def end(self, model, backup):
        """Raises if the weights are not finite, or if a signal ended the training."""
        refuse_nonfinite(model)
        if backup.interrupted:
            raise Stopped(backup.interrupted)

    def hint(self):
        """Returns what to do once the run has ended early, without losing anything."""
        if has_checkpoint(self.folder):
            text = f"What was trained is saved in {self.folder}. To go on"
        else:
            text = "No step is saved yet. To start again"
        return f"{text}: {self.resume_command}"

    def save_model(self, model, name=MODEL):
        """Writes a model to the run's folder, whole or not at all.

        Args:
            model: model to save.
            name: str. The file, which ends in `.keras`.

        Raises:
            NonFiniteError: if a weight is NaN or infinite. Nothing is written then.
        """
        refuse_nonfinite(model)
        with replacing(self.folder / name) as temporary:
            model.save(temporary)

    def finish(self, model, dataset=None, evaluation=None):
        """Writes `model.keras` and `results.json`, both or none.

        Args:
            model: the trained model.
            dataset: the `kerasgen.data.Dataset` it was trained on.
            evaluation: dict of figures, such as
                `model.evaluate(test, return_dict=True)`.

        Returns:
            dict, what `results.json` holds: all that is needed to repeat the run.

        Raises:
            NonFiniteError: if a weight or a figure is NaN or infinite. Nothing is
                written then.
        """
        refuse_nonfinite(model)
        epochs = read_history(self.folder)
        results = {
            "recipe": self.recipe,
            "command": self.command,
            "settings": self.settings,
            "data": dataset.describe() if hasattr(dataset, "describe") else None,
            "model": type(model).__name__,
            "class_names": getattr(model, "class_names", None),
            "pixels": pixels(model),
            "parameters": model.count_params(),
            "epochs": len(epochs),
            "steps": steps(model),
            "seconds_per_epoch": median_seconds(epochs),
            "metrics": epoch_figures(epochs[-1]) if epochs else {},
            **({"parts": self.part_results()} if self.parts else {}),
            "evaluation": evaluation or {},
            "date": now(),
            **self._environment,
        }
        results = plain(results)
        figures = {**results["metrics"], **results["evaluation"]}
        refuse_nonfinite_figures(figures)
        file = self.folder / RESULTS
        # One after the other in place, once both are whole: a kill in between leaves no
        # results, so that the same command writes them.
        with replacing(file) as written, replacing(self.folder / MODEL) as saved:
            model.save(saved)
            written.write_text(json.dumps(results, indent=2) + "\n")
            file.unlink(missing_ok=True)
        for line in told(figures):
            self.say(f"  {line}")
        self.say(f"model, samples and results are in {self.folder}")
        return results
