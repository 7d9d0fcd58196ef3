"""The `kerasgen` command: list, train, sample, apply, explore, evaluate, record.

Nothing here imports Keras, or the package, which does, before the backend is chosen;
`kerasgen/commands.py` does the work.
"""

import importlib.util
import os
import re
import sys
from pathlib import Path

BACKENDS = ("tensorflow", "jax", "torch")


def main(argv=None):
    """Runs one command.

    Args:
        argv: list of str, or None for the command line of this process.

    Returns:
        int, the exit code: 0, or 2 for an error of the user's. A training run that
        was stopped ends the process with 75, or 130 after Ctrl-C; 70 is for one whose
        numbers are not finite.
    """
    restart = argv is None
    argv = sys.argv[1:] if argv is None else list(argv)
    quiet = _sibling("quiet")
    parser = _sibling("command_flags").make_parser(BACKENDS, quiet.FLAG)
    if argv[:1] == ["--version"]:
        sys.stdout.write(f"kerasgen {_version()}\n")
        return 0
    if not argv:
        parser.print_help()
        return 0
    training = argv[0] == "train" and len(argv) > 1 and argv[1] not in ("-h", "--help")
    args = None if training else parser.parse_args(argv)
    if training and restart:
        _sibling("early_signals").exit_on_signals()
    try:
        if args is not None and args.command == "list":
            recipes, told = quiet.recipe_folder(), None
            if args.results:
                told = _sibling("results").command.best_of(recipes)
            _sibling("listing").run_list(args.family, recipes, told)
            return 0
        if args is not None and args.command == "record":
            recipes = quiet.recipe_folder()
            _sibling("results").command.run_record(args, recipes, _sibling("listing"))
            return 0
        use_backend(_find_backend(argv) if training else args.backend, restart)
        if restart:
            quiet.import_keras()
        from kerasgen import commands

        if training:
            commands.run_train(argv[1], argv[2:])
        else:
            getattr(commands, f"run_{args.command}")(args)
    except Exception as error:
        if not is_user_error(error):
            raise
        sys.stderr.write(f"error: {describe(error)}\n")
        return getattr(error, "exit_code", 2)
    except KeyboardInterrupt:
        return 130
    return 0


def use_backend(name, restart):
    """Makes Keras run on a backend, starting this process anew if it must.

    Args:
        name: str, or None for the one that is set.
        restart: bool. Whether the process may be replaced by a new one, with the same
            command line, where Keras already runs on another backend.
    """
    keras = sys.modules.get("keras")
    if name is None or (keras and keras.config.backend() == name):
        return
    if name not in BACKENDS:
        raise UserError(f"--backend must be one of {list(BACKENDS)}. Received: {name}")
    if importlib.util.find_spec(name) is None:
        raise UserError(
            f"--backend must be one that is installed: 'pip install {name}' gets it. "
            f"Received: --backend {name}"
        )
    if keras and not restart:
        raise UserError(
            f"--backend must be {keras.config.backend()}, which Keras already runs on "
            f"in this process. Received: --backend {name}"
        )
    os.environ["KERAS_BACKEND"] = name
    if keras:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


class UserError(ValueError):
    """An error whose message is all that the user needs."""


# By name, as this file may run as a script beside the package.
_USER_ERRORS = {"UserError", "RunError", "CheckpointError"}


def is_user_error(error):
    """Tells whether an error is about what the user gave, not about the code.

    That is every error that says what it received, and every one of the operating
    system: a path that cannot be written, a full disk, too little memory.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    system = isinstance(error, (OSError, MemoryError))
    return system or bool(names & _USER_ERRORS) or "Received:" in str(error)


def describe(error):
    """Returns what an error says, on one line; of a run's, as it is laid out."""
    text = str(error)
    if "RunError" in {cls.__name__ for cls in type(error).__mro__}:
        return text
    if isinstance(error, MemoryError):
        text = f"there is not enough memory. {text}"
    # What data raises within TensorFlow comes as "...ValueError: what it says", and a
    # traceback after it.
    head, traceback, _ = text.partition("Traceback (most recent call last)")
    if traceback:
        text = re.split(r"\w+(?:Error|Exception): ", head)[-1]
    return " ".join(text.split())


def _find_backend(argv):
    """Returns the value of `--backend` among the flags of a recipe, or None."""
    for flag, value in zip(argv, [*argv[1:], None], strict=True):
        if flag == "--backend":
            return value
        if flag.startswith("--backend="):
            return flag.partition("=")[2]
    return None


def _version():
    """Returns the version of the package, read from its file."""
    text = Path(__file__).with_name("__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', text, re.M)[1]


def _sibling(name):
    """Returns a module or a folder beside this file, imported without the package."""
    path, folders = Path(__file__).with_name(f"{name}.py"), None
    if not path.exists():
        folders = [str(Path(__file__).with_name(name))]
        path = Path(folders[0], "__init__.py")
    spec = importlib.util.spec_from_file_location(
        f"_kerasgen_{name}", path, submodule_search_locations=folders
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where relative imports look
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
