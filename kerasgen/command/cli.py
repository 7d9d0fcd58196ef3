"""The `kerasgen` command: list, train, sample, apply, explore, evaluate, report,
compare, study, record.

What is imported here imports no Keras, which waits until the backend is chosen;
`kerasgen/command/commands.py` does the work.
"""

import sys

import kerasgen
from kerasgen import early_signals, listing, quiet
from kerasgen.backends import BACKENDS, use_backend
from kerasgen.command import flags as command_flags
from kerasgen.errors import describe, is_user_error


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
    parser = command_flags.make_parser(BACKENDS, quiet.FLAG)
    if argv[:1] == ["--version"]:
        sys.stdout.write(f"kerasgen {kerasgen.__version__}\n")
        return 0
    if not argv:
        parser.print_help()
        return 0
    training = argv[0] == "train" and len(argv) > 1 and argv[1] not in ("-h", "--help")
    args = None if training else parser.parse_args(argv)
    if training and restart:
        early_signals.exit_on_signals()
    try:
        if args is not None and args.command == "list":
            recipes, told = quiet.recipe_folder(), None
            if args.results:
                from kerasgen.results.command import best_of

                told = best_of(recipes)
            listing.run_list(args.family, recipes, told)
            return 0
        if args is not None and args.command == "record":
            from kerasgen.results.command import run_record

            run_record(args, quiet.recipe_folder())
            return 0
        if args is not None and _reads_only(args):
            from kerasgen.reports import command

            getattr(command, f"run_{args.command}")(args, quiet.recipe_folder())
            return 0
        use_backend(_find_backend(argv) if training else args.backend, restart)
        if restart:
            quiet.import_keras()
        _import_package()
        from kerasgen.command import commands

        if training:
            commands.run_train(argv[1], argv[2:])
        elif args.command == "evaluate":
            from kerasgen.command.evaluate import run_evaluate

            run_evaluate(args)
        elif args.command == "report":
            from kerasgen.command.report_pictures import make_pictures
            from kerasgen.reports import command

            make_pictures(args)
            command.run_report(args, quiet.recipe_folder())
        elif args.command == "study":
            from kerasgen.command.study import run_study

            run_study(args)
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


def _reads_only(args):
    """Returns whether a command reads files of runs or answers, and needs no Keras."""
    if args.command == "report":
        return not args.pictures
    reads = args.command == "study" and (args.read or args.model is None)
    return args.command == "compare" or reads


def _find_backend(argv):
    """Returns the value of `--backend` among the flags of a recipe, or None."""
    for flag, value in zip(argv, [*argv[1:], None], strict=True):
        if flag == "--backend":
            return value
        if flag.startswith("--backend="):
            return flag.partition("=")[2]
    return None


def _import_package():
    """Imports all of the package, as `import kerasgen` does outside of a command."""
    from kerasgen import everything

    for name in everything.__all__:
        setattr(kerasgen, name, getattr(everything, name))
