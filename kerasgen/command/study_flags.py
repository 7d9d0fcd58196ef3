"""The flags of `kerasgen study`."""

from kerasgen.command.flag_types import add_data


def add_study(add):
    """Adds the command.

    Args:
        add: function of a name and a text that returns the parser of a command.
    """
    text = "Ask people to tell a model's pictures from real ones; pool their answers."
    command = add("study", text)
    text = "a run folder or a .keras file: write the page of a study of it"
    command.add_argument("model", metavar="RUN_OR_MODEL", nargs="?", help=text)
    text = "the page, one file of HTML (default: study.html; with --read, none)"
    command.add_argument("--out", metavar="FILE", help=text)
    text = (
        "real: one picture, real or generated? pair: which of two is real? class: of "
        "which class is it? (default: real)"
    )
    words = ("real", "pair", "class")
    command.add_argument("--question", choices=words, default="real", help=text)
    text = "trials that count (default: 40)"
    command.add_argument("--num-trials", type=int, default=40, help=text)
    text = "trials that come first, with feedback (default: 10)"
    command.add_argument("--num-practice", type=int, default=10, help=text)
    text = "how long pictures are shown, 0 until the answer (default: 1 for pairs, "
    text += "else 0)"
    command.add_argument("--seconds", type=float, help=text)
    text = "of a translator: the domain that it translates to, such as b"
    command.add_argument("--to", metavar="DOMAIN", help=text)
    text = "of a translator that learns from pairs: both pictures of one input"
    command.add_argument("--same-input", action="store_true", help=text)
    add_data(command)
    text = "split of the real pictures"
    text += " (default: test, or where the data has none, validation or train)"
    command.add_argument("--split", help=text)
    text = "of the choice of pictures, their order and the samples (default: 0)"
    command.add_argument("--seed", type=int, help=text)
    text = "pool the answers that the page saved, a file a person"
    command.add_argument("--read", nargs="+", metavar="FILE", help=text)
    text = "with --read and --out: the page of the study, for its pictures"
    command.add_argument("--page", metavar="FILE", help=text)
    text = "with --read: print JSON only"
    command.add_argument("--json", action="store_true", help=text)
