"""A row of `recipes/results.jsonl`, and its check.

A row is a dict:

- `recipe`, such as `"gans/dcgan"`; `command`, with all flags that matter; `settings`,
  all arguments of the recipe, as its defaults may change.
- `data`, such as `"mnist"`; `split`, which the figures are of, `"samples"` for the
  generated ones alone; and where they are known `image_shape`, `levels` (values of a
  pixel) and `binarization`.
- `epochs`, and if the run was stopped early `planned_epochs`; `steps`; `parts`, the
  epochs of what is trained besides, such as priors.
- `seconds_per_epoch`, a number or `[least, most]`; `seconds`, in all.
- `device`, in words; `backend`; `versions`; `precision`; `seeds`; `date`; `commit`, the
  code's, or None where it was not recorded.
- `figures`, the headline first. Each has `name`, `value`, `unit` (or None),
  `num_examples` (None where it is no mean over examples) and
  `standard_error`; `standard_error_from` says what that is, see `ERRORS`; over several
  seeds, `values` has the figure of each.
- `paper`, what the paper reports: `figure` and `protocol` of each.
- `note`, what the samples look like, or None, and `remarks`, a list of sentences.
- `chosen_on`, see `CHOSEN_ON`; `stopped_early`; and `best`, true for one row of each
  recipe and data, which README shows.
"""

import datetime
import re

# What the settings were chosen by.
CHOSEN_ON = {
    "validation": "figures of held-out training data",
    "test": "figures of the test data, or they may have been: too good by that much",
    "paper": "the paper, or code that it names",
    "samples": "how samples looked, and losses in training",
    "nothing": "a first guess; nothing else was tried",
}
# What a standard error is.
ERRORS = {
    "examples": "the standard deviation over the examples, by the root of their number",
    "seeds": "that over the seeds, by the root of their number",
    "deviation": "the standard deviation over the seeds, itself",
    "typical": "what such models have on such data; it was not measured",
    "unknown": "not recorded: null",
    "none": "no mean, so it has none: null",
}
SPLITS = ("train", "validation", "test", "samples")
BACKENDS = ("tensorflow", "jax", "torch")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


def _is_text(value):
    return isinstance(value, str) and value.strip() == value != ""


def is_number(value):
    """Tells whether a value is a finite number."""
    finite = isinstance(value, (int, float)) and abs(value) < float("inf")
    return finite and not isinstance(value, bool)


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_date(value):
    try:
        return datetime.date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def _is_time(value):
    if isinstance(value, list) and len(value) == 2 and all(map(is_number, value)):
        return 0 <= value[0] <= value[1]
    return is_number(value) and value >= 0


def _is_list(check):
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_dict(check):
    return lambda value: (
        isinstance(value, dict) and all(map(check, value.values())) and bool(value)
    )


def _one_of(names):
    return (f"be one of {list(names)}", lambda value: value in names)


_TEXT = ("be a str that is not empty, without spaces around it", _is_text)
_COUNT = ("be an int of at least 1", _is_count)
_NUMBER = ("be a finite number", is_number)
_BOOL = ("be true or false", lambda value: isinstance(value, bool))
_SEEDS = (
    "be a list of ints, one at least",
    lambda value: _is_list(lambda seed: type(seed) is int)(value) and value != [],
)
_RECIPE = (
    "be a recipe's name, such as 'gans/dcgan'",
    lambda value: isinstance(value, str) and bool(re.fullmatch(r"\w+/\w+", value)),
)
_COMMIT = (
    "be the hexadecimal name of a commit",
    lambda value: (
        isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{7,40}", value))
    ),
)
# Of each field in its order: its rule and check, whether it may be None, and whether it
# may be left out.
ROW = {
    "recipe": (_RECIPE, False, False),
    "command": (_TEXT, False, False),
    "settings": (("be a dict", lambda v: isinstance(v, dict)), False, True),
    "data": (_TEXT, False, False),
    "split": (_one_of(SPLITS), True, False),
    "image_shape": (("be a list of ints", _is_list(_is_count)), False, True),
    "levels": (_COUNT, False, True),
    "binarization": (_one_of(("dynamic", "static", "threshold")), False, True),
    "epochs": (
        ("be an int of at least 0", lambda v: v == 0 or _is_count(v)),
        False,
        False,
    ),
    "planned_epochs": (_COUNT, False, True),
    "steps": (_COUNT, False, True),
    "parts": (("be a dict of epochs", _is_dict(_is_count)), False, True),
    "seconds_per_epoch": (
        ("be seconds, or [least, most]", _is_time),
        True,
        False,
    ),
    "seconds": (("be seconds", _is_time), False, True),
    "device": (_TEXT, False, False),
    "backend": (_one_of(BACKENDS), False, False),
    "versions": (("be a dict of str", _is_dict(_is_text)), False, True),
    "precision": (_one_of(PRECISIONS), False, False),
    "figures": (
        ("be a list of dicts", _is_list(lambda v: isinstance(v, dict))),
        False,
        False,
    ),
    "seeds": (_SEEDS, False, False),
    "date": (("be a date, such as '2026-11-28'", _is_date), False, False),
    "commit": (_COMMIT, True, False),
    "paper": (
        ("be a list of dicts", _is_list(lambda v: isinstance(v, dict))),
        False,
        False,
    ),
    "note": (_TEXT, True, False),
    "remarks": (("be a list of str", _is_list(_is_text)), False, True),
    "chosen_on": (_one_of(CHOSEN_ON), False, False),
    "stopped_early": (_BOOL, False, False),
    "best": (_BOOL, False, False),
}
_FIGURE = {
    "name": (_TEXT, False, False),
    "value": (_NUMBER, False, False),
    "unit": (_TEXT, True, False),
    "num_examples": (_COUNT, True, False),
    "standard_error": (_NUMBER, True, False),
    "standard_error_from": (_one_of(ERRORS), False, False),
    "values": (("be a list of numbers", _is_list(is_number)), False, True),
}
_PAPER = {"figure": (_TEXT, False, False), "protocol": (_TEXT, True, False)}


def check_row(row):
    """Raises ValueError unless a row is one of `results.jsonl`, whole and consistent.

    Args:
        row: dict, as the module says.
    """
    if not isinstance(row, dict):
        raise ValueError(f"A row must be a dict. Received: {row!r}")
    _check_fields(row, ROW, "")
    for number, figure in enumerate(row["figures"]):
        _check_fields(figure, _FIGURE, f"figures[{number}].")
        _check_figure(figure, len(row["seeds"]), f"figures[{number}]")
    names = [figure["name"] for figure in row["figures"]]
    if len(names) > len(set(names)):
        raise ValueError(f"`figures` must have different names. Received: {names}")
    for number, reported in enumerate(row["paper"]):
        _check_fields(reported, _PAPER, f"paper[{number}].")
    if not row["command"].startswith(f"kerasgen train {row['recipe']}"):
        raise ValueError(
            f"`command` must begin with 'kerasgen train {row['recipe']}'. Received: "
            f"command={row['command']!r}"
        )
    held_out = any(figure["num_examples"] for figure in row["figures"])
    if held_out and row["split"] is None:
        raise ValueError(
            "`split` must name what figures of examples are of. Received: split=None"
        )
    if ("planned_epochs" in row) != row["stopped_early"]:
        raise ValueError(
            "`planned_epochs` must be there if, and only if, the run was stopped "
            f"early. Received: stopped_early={row['stopped_early']}"
        )


def _check_fields(found, fields, where):
    unknown = [name for name in found if name not in fields]
    if unknown:
        raise ValueError(
            f"The fields of a row must be among {list(fields)}. Received: "
            f"{', '.join(where + name for name in unknown)}"
        )
    for name, ((rule, check), nullable, optional) in fields.items():
        if name not in found:
            if not optional:
                raise ValueError(
                    f"`{where}{name}` must be there. Received: {list(found)}"
                )
            continue
        value = found[name]
        if not (check(value) or (nullable and value is None)):
            also = ", or null" if nullable else ""
            raise ValueError(
                f"`{where}{name}` must {rule}{also}. Received: {name}={value!r}"
            )


def _check_figure(figure, num_seeds, where):
    error, kind = figure["standard_error"], figure["standard_error_from"]
    if (error is None) != (kind in ("unknown", "none")):
        raise ValueError(
            f"`{where}.standard_error` must be null if it is 'unknown' or there is "
            f"'none', and a number otherwise. Received: standard_error={error!r}, "
            f"standard_error_from={kind!r}"
        )
    if error is not None and error < 0:
        raise ValueError(
            f"`{where}.standard_error` must not be negative. Received: {error}"
        )
    if figure["num_examples"] is None and kind != "none":
        raise ValueError(
            f"`{where}.num_examples` must be there for a mean over examples. Received: "
            f"num_examples=None, standard_error_from={kind!r}"
        )
    if len(figure.get("values", range(num_seeds))) != num_seeds:
        raise ValueError(
            f"`{where}.values` must have one number for each of the {num_seeds} seeds. "
            f"Received: {figure['values']}"
        )
