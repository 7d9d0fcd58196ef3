"""Data sets by name, and the checks that all training data goes through."""

from kerasgen.data.adapt import (
    as_dataset,
    check_reiterable,
    first_batch,
    split_arrays,
)
from kerasgen.data.checks import check_conditions, validate_batch
from kerasgen.data.dataset import Dataset
from kerasgen.data.loading import load
from kerasgen.data.pixels import (
    choose_binarization,
    choose_levels,
    choose_likelihood,
)
from kerasgen.data.splitting import hold_out, load_splits
from kerasgen.data.unlabeled import few_labels, hide_labels

__all__ = [
    "Dataset",
    "as_dataset",
    "check_conditions",
    "check_reiterable",
    "choose_binarization",
    "choose_levels",
    "choose_likelihood",
    "few_labels",
    "first_batch",
    "hide_labels",
    "hold_out",
    "load",
    "load_splits",
    "split_arrays",
    "validate_batch",
]


def __dir__():
    return __all__
