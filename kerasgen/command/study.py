"""`kerasgen study RUN`: the page of a human study of a model."""

import sys

from kerasgen.command.data import load_data
from kerasgen.command.opening import load_model
from kerasgen.explore.human_study import human_study


def run_study(args):
    """Writes the page, and says where it is and what comes next."""
    model, settings = load_model(args.model)
    wanted = getattr(model, "num_classes", None) is not None
    data = load_data(model, settings, args, wanted)
    options = {}
    if args.seconds is not None:
        options["seconds"] = args.seconds or None
    study = human_study(
        model,
        data,
        args.question,
        args.num_trials,
        args.num_practice,
        seed=0 if args.seed is None else args.seed,
        to=args.to,
        same_input=args.same_input,
        **options,
    )
    path = study.save(args.out or "study.html")
    sys.stdout.write(
        f"study of {type(model).__name__} with {len(study.trials)} trials in {path}; "
        "its answers are read by kerasgen study --read FILE.json ...\n"
    )
