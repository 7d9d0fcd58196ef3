"""Flags that several commands take, and what their values become."""


def add_model(command):
    text = "a run folder or a .keras file"
    command.add_argument("model", metavar="RUN_OR_MODEL", help=text)


def add_data(command):
    text = "data set, such as digits, mnist, folder:PATH (default: that of the run)"
    command.add_argument("--data", help=text)
    command.add_argument("--data-dir", metavar="DIR", help="where prepared data lie")
    text = "get a data set of TensorFlow Datasets that is not prepared here"
    command.add_argument("--download", action="store_true", help=text)


def ints(text):
    return [int(part) for part in text.split(",")]


def names(text):
    return [part.strip() for part in text.split(",")]


def floats(text):
    return [float(part) for part in text.split(",")]


# As argparse calls them in its messages.
ints.__name__, floats.__name__ = "comma-separated ints", "comma-separated numbers"
