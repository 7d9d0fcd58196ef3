"""`kerasgen report`, `kerasgen compare` and `kerasgen study --read`, without Keras."""

import json
import sys

from kerasgen.reports.comparison import Comparison, write_comparison
from kerasgen.reports.run_report import write_report
from kerasgen.reports.study_answers import StudyAnswers


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


def run_study(args, recipes):
    """Prints what people answered; with `--out` writes a page of it, too."""
    if not args.read or args.model is not None:
        raise ValueError(
            "kerasgen study must be given a run, or --read with files of answers. "
            f"Received: {'both' if args.read else 'neither'}"
        )
    out = _checked(args.out)
    answers = StudyAnswers(args.read)
    _say(json.dumps(answers.to_dict(), indent=2) if args.json else str(answers))
    if out:
        answers.save(out, args.page)
        if not args.json:
            _say(f"answers in {out}")


def _checked(out):
    if out is not None and not out.endswith((".html", ".htm")):
        raise ValueError(f"--out must end with .html. Received: --out {out}")
    return out


def _say(text):
    sys.stdout.write(text + "\n")
