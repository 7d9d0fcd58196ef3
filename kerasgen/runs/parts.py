"""Parts of a run: models that are trained in turn, each of which can go on."""

from kerasgen.callbacks import TensorBoard
from kerasgen.callbacks.backup import Backup
from kerasgen.run_epochs import epoch_figures, median_seconds, read_history
from kerasgen.runs.ending import steps
from kerasgen.runs.history import (
    HistoryFile,
    RunNote,
)


class PartRuns:
    """Mixin of `kerasgen.runs.Run`.

    A part has its own `checkpoints-NAME`, `history-NAME.jsonl` and `logs/NAME`, and an
    entry under `"parts"` of `results.json`.
    """

    def fit_parts(self, model, dataset, epochs=1, minutes=10, **kwargs):
        """Trains the parts of a model in turn, each by `fit_part`.

        Args:
            model: compiled model with `parts`, such as `VQVAE`.
            dataset: `kerasgen.data.Dataset` that the model itself was trained on.
            epochs: int, or a dict of ints by the names of the parts.
            minutes: as in `callbacks`.
            **kwargs: the other arguments of `Model.fit`.

        Returns:
            dict of `keras.callbacks.History` by the names of the parts.

        Raises:
            SystemExit: as in `fit`.
        """
        histories = {}
        given = model.part_data(dataset)
        for (name, part), data in zip(model.parts.items(), given, strict=True):
            if not part.compiled:
                part.compile()
            own = epochs[name] if isinstance(epochs, dict) else epochs
            histories[name] = self.fit_part(
                part, data, name, minutes, epochs=own, **kwargs
            )
        return histories

    def fit_part(self, model, dataset, name, minutes=10, **kwargs):
        """Calls `model.fit` of a part of the run, which can go on, too.

        Of a model that another is trained on, say. No picture is written.

        Args:
            model: compiled model.
            dataset: `kerasgen.data.Dataset` to train on.
            name: str. The part's, of its files and in `results.json`.
            minutes: as in `callbacks`.
            **kwargs: the other arguments of `Model.fit`, such as `epochs`.

        Raises:
            SystemExit: as in `fit`.
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(
                "`name` must be a str of letters, digits and underscores that begins "
                f"with no digit. Received: name={name!r}"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        backup = Backup(self.folder / f"checkpoints-{name}", minutes=minutes)
        callbacks = [RunNote(self, backup), HistoryFile(self.folder, backup, name)]
        callbacks += [TensorBoard(self.folder / "logs" / name, images=False), backup]
        self.say_notes(dataset)
        self.say(f"part {name}")
        history = model.fit(
            dataset, callbacks=callbacks, verbose=self.verbose, **kwargs
        )
        self.end(model, backup)
        self.parts[name] = {"model": type(model).__name__, "steps": steps(model)}
        return history

    def part_results(self):
        """Returns what `results.json` has of the parts, by name."""
        found = {}
        for name, part in self.parts.items():
            epochs = read_history(self.folder, name)
            found[name] = {
                **part,
                "epochs": len(epochs),
                "seconds_per_epoch": median_seconds(epochs),
                "metrics": epoch_figures(epochs[-1]) if epochs else {},
            }
        return found
