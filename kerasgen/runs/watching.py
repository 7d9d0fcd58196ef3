"""What a run watches beside its training, by flags that all recipes have."""

import dataclasses

from kerasgen.callbacks import CollapseWatch, EvaluateSamples
from kerasgen.callbacks.trackers import TRACKERS
from kerasgen.errors import RunError
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.metrics.kinds import can_be_scored


def add_watching(parser):
    """Adds the flags to a parser or a group of its flags."""
    parser.add_argument(
        "--watch",
        action="store_true",
        help="of a GAN: say what goes wrong while it trains, as samples that are all "
        "alike (callbacks.CollapseWatch)",
    )
    parser.add_argument(
        "--evaluate-every",
        type=_at_least_1,
        metavar="N",
        help="score 1000 samples after every so many epochs, beside the "
        "validation data where the recipe has any, else the training data "
        "(callbacks.EvaluateSamples; default: never)",
    )
    parser.add_argument(
        "--tracker",
        choices=sorted(TRACKERS),
        help="also log scalars, pictures, settings and the model to this tracker, "
        "whose package must be installed (default: none)",
    )


def _at_least_1(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


_at_least_1.__name__ = "int of at least 1"  # as argparse calls it in its message


@dataclasses.dataclass(frozen=True)
class Watching:
    """What was asked for.

    Attributes:
        collapse: bool. Whether a GAN is watched.
        evaluate_every: int or None. Epochs from one scoring to the next.
        tracker: str or None. A name of `kerasgen.callbacks.trackers.TRACKERS`.
    """

    collapse: bool = False
    evaluate_every: int | None = None
    tracker: str | None = None

    def trackers(self, folder, settings):
        """Returns the callbacks that log what the others have added.

        Args:
            folder: Path of the run folder, after which the run is named.
            settings: dict of the recipe's settings.

        Raises:
            RunError: if the tracker's package is missing.
        """
        if self.tracker is None:
            return []
        try:
            return [TRACKERS[self.tracker](name=folder.name, settings=settings)]
        except ImportError as error:
            raise RunError(f"--tracker {self.tracker}: {error}") from error

    def callbacks(self, model, dataset, validation=None):
        """Returns the callbacks of a `fit`, which add to the logs.

        Args:
            model: the model.
            dataset: `kerasgen.data.Dataset` that it is trained on.
            validation: `kerasgen.data.Dataset` or None.

        Raises:
            RunError: if the model is none that can be watched so.
        """
        made = []
        if self.collapse:
            if not isinstance(model, AdversarialModel):
                raise RunError(
                    "--watch must be left out for a model that is no GAN that draws "
                    f"samples. Received: --watch, {type(model).__name__}"
                )
            made.append(CollapseWatch())
        if self.evaluate_every is not None:
            if not can_be_scored(model):
                raise RunError(
                    "--evaluate-every must be left out for a model that draws nothing "
                    f"there are scores of. Received: {type(model).__name__}"
                )
            real = dataset if validation is None else validation
            made.append(EvaluateSamples(real, period=self.evaluate_every))
        return made
