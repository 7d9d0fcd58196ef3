"""Data sets by name, and the checks that all training data goes through."""

from kerasgen.data.adapt import (
    as_batch,
    as_dataset,
    check_kind,
    check_reiterable,
    first_batch,
    is_array,
    is_arrays,
    is_loader,
    split_arrays,
    tidy_arrays,
)
from kerasgen.data.batch_checks import check_conditions, check_fields, validate_batch
from kerasgen.data.dataset import Dataset
from kerasgen.data.domains import load_domains
from kerasgen.data.loading import load
from kerasgen.data.pairs import load_pairs, pairs
from kerasgen.data.pixels import (
    choose_binarization,
    choose_levels,
    choose_likelihood,
)
from kerasgen.data.splitting import hold_out, load_splits, select
from kerasgen.data.super_resolution import load_super_resolution, super_resolution
from kerasgen.data.unlabeled import few_labels, hide_labels
from kerasgen.data.unpaired import unpaired
from kerasgen.features.checks import check_not_dark
from kerasgen.features.label_checks import refuse_weights

__all__ = [
    "Dataset",
    "as_batch",
    "as_dataset",
    "check_conditions",
    "check_fields",
    "check_kind",
    "check_not_dark",
    "check_reiterable",
    "choose_binarization",
    "choose_levels",
    "choose_likelihood",
    "few_labels",
    "first_batch",
    "hide_labels",
    "hold_out",
    "is_array",
    "is_arrays",
    "is_loader",
    "load",
    "load_domains",
    "load_pairs",
    "load_splits",
    "load_super_resolution",
    "pairs",
    "refuse_weights",
    "select",
    "split_arrays",
    "super_resolution",
    "tidy_arrays",
    "unpaired",
    "validate_batch",
]


def __dir__():
    return __all__
