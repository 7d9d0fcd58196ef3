"""Turns a recipe's `main()` into a command."""

import contextlib
import difflib
import importlib.util
import inspect
import re
import shlex
import sys
from pathlib import Path

import keras

from kerasgen.backend.seeds import set_random_seed
from kerasgen.backends import BACKENDS, use_backend
from kerasgen.data.tfds import downloading
from kerasgen.earlier_runs import moved
from kerasgen.errors import RunError
from kerasgen.quiet import FLAG, recipe_folder
from kerasgen.runs.ending import as_run_error
from kerasgen.runs.flags import FlagParser, add_flags
from kerasgen.runs.run import Run
from kerasgen.runs.watching import Watching, add_watching

DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")


def run(main, argv=None, command=None):
    """Runs a recipe: flags from the signature of `main`, a run folder, resuming.

    Each argument of `main` becomes a flag, with its default, and its help from the
    "Args" of the docstring; an argument `run` gets the `kerasgen.runs.Run`. The
    module's `SMOKE`, a dict of arguments, holds the settings of `--smoke`, a check in
    seconds.

    ```python
    def main(data="digits", epochs=60, seed=0, run=None):
        dataset = kerasgen.data.load(data, seed=seed)
        model = kerasgen.gans.DCGAN(image_shape=dataset.image_shape)
        model.compile()
        run.fit(model, dataset, epochs=epochs)
        return run.finish(model, dataset)
    ```

    Args:
        main: function.
        argv: list of str, or None for the command line of this process, in which case
            an error ends the process with its message alone and code 2, or 70 where
            losses, weights or figures are not finite. A run that is told to stop ends
            with SystemExit of code 75, or 130 after Ctrl-C, in either case.
        command: list of str, how the recipe was called; for messages and records.

    Returns:
        What `main` returns.
    """
    if argv is not None:
        return _execute(main, list(argv), command, restart=False)
    try:
        return _execute(main, sys.argv[1:], command, restart=True)
    except RunError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _execute(main, argv, command, restart):
    path = Path(inspect.getfile(main)).resolve()
    command = command or ["python", sys.argv[0] if restart else str(path)]
    parameters = inspect.signature(main).parameters
    name = f"{path.parent.name}/{path.stem}"
    if told := moved(name, argv, command, parameters):
        raise RunError(told)
    parser = make_parser(main, shlex.join(command))
    args = parser.parse_args(argv)
    if args.smoke:
        parser.set_defaults(**_smoke_settings(main))
        args = parser.parse_args(argv)
    try:
        use_backend(args.backend, restart)
    except ValueError as error:
        raise RunError(str(error)) from error
    arguments = {key: getattr(args, key) for key in parameters if key != "run"}
    folder = args.out or _default_folder(name, parameters, args)
    settings = {"seed": args.seed, "dtype": args.dtype, **arguments}
    defaults = {n: p.default for n, p in parameters.items() if n != "run"}
    words = [*command, *argv]
    watching = Watching(args.watch, args.evaluate_every, args.tracker)
    current = Run(folder, name, settings, words, args.verbose, defaults, watching)
    set_random_seed(args.seed)
    policy, download = _dtype_policy(args.dtype), downloading(args.download)
    extra = {"run": current} if "run" in parameters else {}
    try:
        with current.opened(args.resume), policy, download:
            return main(**arguments, **extra)
    except Exception as error:
        told = as_run_error(error, current)
        if told is None or told is error:
            raise
        raise told from error


@contextlib.contextmanager
def _dtype_policy(name):
    """Sets Keras's dtype policy, which models take, for a recipe's time."""
    before = keras.config.dtype_policy()
    if name is not None:
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _default_folder(name, parameters, args):
    """Returns `runs/FAMILY-MODEL`, with the data's name where it is not the recipe's.

    So that digits and then MNIST, each by one command, are two runs.
    """
    parts = ["smoke"] if args.smoke else []
    parts.append(name.replace("/", "-"))
    data = getattr(args, "data", None)
    if "data" in parameters and data != parameters["data"].default:
        named = re.sub(r"(?<![^:/])\.{1,2}/", "", str(data))  # `./` and `../`
        parts.append(re.sub(r"[^\w.]+", "-", named).strip("-."))
    return Path("runs", "-".join(filter(None, parts)))


def make_parser(main, prog=None):
    """Returns the parser of a recipe's flags and of those that all recipes have.

    Args:
        main: function, the recipe's.
        prog: str, what the help calls the command, or None.
    """
    text = main.__globals__.get("__doc__") or main.__doc__ or ""
    parser = FlagParser(prog=prog, description=inspect.cleandoc(text))
    add_flags(parser.add_argument_group("settings"), main)
    common = parser.add_argument_group("running")
    if "seed" not in inspect.signature(main).parameters:
        common.add_argument("--seed", type=int, default=0, help="seed of all draws")
    common.add_argument(
        "--backend",
        choices=BACKENDS,
        help="what Keras runs on (default: KERAS_BACKEND, or Keras's own setting)",
    )
    common.add_argument(
        "--dtype",
        choices=DTYPES,
        help="what the model computes in; its variables stay float32 (default: Keras's "
        "own setting, float32)",
    )
    common.add_argument(
        "--download",
        action="store_true",
        help="get a data set of TensorFlow Datasets that is not prepared here",
    )
    common.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="the run folder (default: runs/FAMILY-MODEL, with -DATA for other data "
        "than the default)",
    )
    common.add_argument(
        "--resume",
        action="store_true",
        default=True,
        help="go on where an earlier run in the folder stopped (default)",
    )
    common.add_argument(
        "--no-resume",
        action="store_false",
        dest="resume",
        help="move an earlier run in the folder aside and start anew",
    )
    add_watching(parser.add_argument_group("watching"))
    common.add_argument(
        "--smoke",
        action="store_true",
        help="a check in seconds, with tiny settings, in runs/smoke-FAMILY-MODEL",
    )
    common.add_argument(
        FLAG, action="store_true", help="show what TensorFlow and XLA log"
    )
    common.add_argument(
        "--verbose",
        type=int,
        choices=(0, 1, 2),
        help="0 silent, 1 progress bar, 2 a line an epoch (default: 1 in a terminal, "
        "2 elsewhere)",
    )
    return parser


def _smoke_settings(main):
    settings = main.__globals__.get("SMOKE")
    names = set(inspect.signature(main).parameters) - {"run"}
    if not isinstance(settings, dict) or not set(settings) <= names:
        raise ValueError(
            "`SMOKE` must be a dict of arguments of `main`, on the level of the "
            f"recipe's module. Received: SMOKE={settings!r}"
        )
    return settings


# === Finding recipes ===


def list_recipes():
    """Returns the recipes, a dict from name, such as `"gans/dcgan"`, to path."""
    paths = sorted(recipe_folder().glob("*/*.py"))
    paths = [p for p in paths if not p.name.startswith("_")]
    return {f"{path.parent.name}/{path.stem}": path for path in paths}


def load_recipe(name):
    """Returns the `main` of a recipe.

    Args:
        name: str, such as `"gans/dcgan"`, or its last part; or a path that ends in
            `.py`.
    """
    recipes = list_recipes()
    names = {key.split("/")[1]: key for key in recipes}
    if name.endswith(".py") and Path(name).is_file():
        path = Path(name)
    elif name in recipes or name in names:
        path = recipes[names.get(name, name)]
    else:
        near = difflib.get_close_matches(name.lower(), [*recipes, *names], n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise ValueError(
            f"{hint}The recipe must be one that 'kerasgen list' names, or the path of "
            f"a file. Received: {name!r}"
        )
    module_name = f"kerasgen_recipe_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # as inspect and typing expect
    spec.loader.exec_module(module)
    return module.main
