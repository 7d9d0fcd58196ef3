"""Tables of text in columns."""

import json


def in_columns(rows):
    """Returns lines in which the cells of each column stand below each other.

    Args:
        rows: list of sequences of str, all of one length.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def fact_lines(facts):
    """Returns lines of names and values, the values below each other.

    Args:
        facts: dict from str to what is a str or can be JSON.
    """
    width = max(map(len, facts))
    return [
        f"{key:<{width}}  {value if isinstance(value, str) else json.dumps(value)}"
        for key, value in facts.items()
    ]


def error_text(error, kind):
    """Returns `± 0.1`, and what kind of error it is where that is no standard error."""
    if error is None:
        return ""
    return f"± {error:.2g}" + ("" if kind == "standard error" else f" ({kind})")
