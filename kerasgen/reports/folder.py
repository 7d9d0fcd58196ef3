"""What a run folder holds, read without Keras."""

import json
from pathlib import Path

from kerasgen.run_epochs import epoch_figures, read_history

SCORES = "scores.json"
GRIDS = ("samples", "translations", "reconstructions")
MADE = "pictures"  # the folder of those that `kerasgen report --pictures` draws


class RunFiles:
    """The files of one run folder.

    Args:
        folder: path of a run folder.

    Attributes:
        config, results, scores, made: dicts; empty where the file is not there. `made`
            says what pictures `kerasgen report --pictures` drew.
        epochs: list of dicts, the history.

    Raises:
        ValueError: if the folder is no run's.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.config = self._json("config.json")
        if not self.config:
            raise ValueError(
                "`run` must be the folder of a run, which has a config.json. "
                f"Received: run={str(folder)!r}"
            )
        self.results = self._json("results.json")
        self.scores = self._json(SCORES)
        self.made = self._json(f"{MADE}/{MADE}.json")
        self.epochs = read_history(self.folder)

    @property
    def name(self):
        return self.folder.resolve().name

    @property
    def ended(self):
        return bool(self.results)

    @property
    def recipe(self):
        return self.config["recipe"]

    def series(self):
        """Returns each scalar over the epochs, a dict from name to pairs."""
        found = {}
        for row in self.epochs:
            for name, value in epoch_figures(row).items():
                found.setdefault(name, []).append((row["epoch"], value))
        return found

    def grids(self, kind):
        """Returns the pictures of `samples` and the like, in the order of epochs."""
        return sorted((self.folder / kind).glob("*.png"))

    def pictures(self):
        """Returns the other pictures of the folder."""
        return sorted(self.folder.glob("*.png"))

    def made_pictures(self):
        """Returns those that need the model: `(path, title, text)` of each."""
        return [
            (self.folder / MADE / made["file"], made["title"], made["text"])
            for made in self.made.get("pictures", ())
            if (self.folder / MADE / made["file"]).is_file()
        ]

    def _json(self, name):
        path = self.folder / name
        if not path.is_file():
            return {}
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"{path} must be a file of JSON. Received: {error}"
            ) from None
