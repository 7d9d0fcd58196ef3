"""`kerasgen list`: the models and their papers, read from the files without Keras.

It imports nothing of the package, so that the command answers at once.
"""

import ast
import re
import shutil
import sys
from pathlib import Path

FAMILIES = ("autoregressive", "autoencoders", "gans")


def list_models(family=None):
    """Returns the paper of each model: a dict from name, such as `"gans/dcgan"`.

    Args:
        family: str, one of `FAMILIES`, or None for all.
    """
    return {
        name: paper_line(ast.get_docstring(tree) or "")
        for name, (tree, _) in _trees(family).items()
    }


def references(family=None):
    """Returns what each model is called, its paper and where that is.

    Args:
        family: str, one of `FAMILIES`, or None for all.

    Returns:
        dict from name, such as `"gans/gan"`, to `("GAN", "Goodfellow et al., 2014",
        "https://arxiv.org/abs/1406.2661")`, the first reference of the class.
    """
    found = {}
    for name, (_, node) in _trees(family).items():
        text = " ".join((ast.get_docstring(node) or "").split())
        link = r"Reference: \[([^]]*)\]\( ?(\S+?)\)(?=[\s,.]|$)"
        match = re.search(link, text)
        if match is None:
            raise ValueError(
                "`Reference:` must be in the docstring of a model, followed by "
                f"[authors, year](link). Received: {name}"
            )
        found[name] = (node.name, match[1], match[2])
    return found


def _trees(family):
    """Returns the syntax trees of each model's module and of its class, by name."""
    if family is not None and family not in FAMILIES:
        raise ValueError(
            f"`family` must be one of {list(FAMILIES)}. Received: family={family!r}"
        )
    families = FAMILIES if family is None else (family,)
    trees = {}
    for path in Path(__file__).parent.glob("*/*.py"):
        if path.parent.name in families:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in filter(_is_registered, tree.body):
                trees[f"{path.parent.name}/{path.stem}"] = tree, node
    return dict(sorted(trees.items()))


def paper_line(docstring):
    """Returns the paper's authors, year and title from a model's module docstring."""
    paragraphs = [" ".join(p.split()) for p in docstring.split("\n\n")]
    return next((p.split(", http")[0] for p in paragraphs if "http" in p), "")


def run_list(family, recipes, results=None):
    """Prints the models by family, each with its paper, as wide as the terminal.

    Args:
        family: str or None.
        recipes: folder of the recipes.
        results: function that returns lines to print below a model, given its name; or
            None.
    """
    models = list_models(family)
    columns = shutil.get_terminal_size().columns
    width = max(map(len, models))
    before = None
    for name, paper in models.items():
        family = name.split("/")[0]
        if family != before:
            before = family
            sys.stdout.write(f"{family}:\n")
        paper = _short(paper)
        if not (Path(recipes) / f"{name}.py").is_file():
            paper = f"(no recipe) {paper}"
        line = f"  {name:<{width}}  {paper}"
        if len(line) > columns:
            line = line[: max(columns - 1, len(name) + 2)].rstrip() + "…"
        sys.stdout.write(line + "\n")
        for told in results(name) if results else ():
            sys.stdout.write(f"      {told}\n")


def _short(paper):
    """Returns a paper with its first author alone where there are three or more."""
    authors, year, title = re.fullmatch(r"(.*?)(, \d{4}, )(.*)", paper).groups()
    if "," in authors:
        authors = f"{authors.split(',')[0]} et al."
    return authors + year + title


def _is_registered(node):
    decorators = getattr(node, "decorator_list", ())
    return any(getattr(d, "id", None) == "register" for d in decorators)
