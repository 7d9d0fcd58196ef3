"""`kerasgen report` and `kerasgen compare`, which need no Keras."""

import sys

from kerasgen.reports.comparison import Comparison, write_comparison
from kerasgen.reports.run_report import write_report


def run_report(args, recipes):
    """Writes the page of a run, and says where it is."""
    path = write_report(args.run, _checked(args.out), recipes)
    _say(f"report of {args.run} in {path}")


def run_compare(args, recipes):
    """Prints what runs differ in; with `--out` writes a page of it, too."""
    out = _checked(args.out)
    comparison = Comparison(args.runs)
    _say(str(comparison))
    if out:
        _say(f"comparison in {write_comparison(comparison, out)}")


def _checked(out):
    if out is not None and not out.endswith((".html", ".htm")):
        raise ValueError(f"--out must end with .html. Received: --out {out}")
    return out


def _say(text):
    sys.stdout.write(text + "\n")
