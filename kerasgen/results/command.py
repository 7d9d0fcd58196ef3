"""`kerasgen record`: the tables of the READMEs."""

import ast
import re
import sys
from pathlib import Path

from . import file, tables


def run_record(args, recipes, listing):
    """Makes the tables anew.

    Args:
        args: the flags.
        recipes: path of the folder of recipes.
        listing: the module `kerasgen.listing`.
    """
    recipes = Path(recipes)
    if not (recipes.parent / "README.md").is_file():
        raise ValueError(
            "The tables must be made in a copy of the repository. Received: "
            f"{recipes.parent}, which has no README.md"
        )
    write_pages(recipes, listing)


def write_pages(recipes, listing):
    """Writes the tables into the READMEs, and says which have changed."""
    for path, text in pages(recipes, listing).items():
        stale = path.read_text(encoding="utf-8") != text
        if stale:
            file.write_text(path, text)
        sys.stdout.write(f"{path}: {'made anew' if stale else 'as it was'}\n")


def pages(recipes, listing):
    """Returns the READMEs as they have to be, a dict from path to text.

    Args:
        recipes: path of the folder of recipes, which holds `results.jsonl` and
            `README.md`; a `README.md` beside the folder has the models.
        listing: the module `kerasgen.listing`.
    """
    references = listing.references()
    rows = file.read(recipes / file.NAME)
    unknown = {row["recipe"] for row in rows} - set(references)
    if unknown:
        raise ValueError(
            f"`recipe` of a row must be a model. Received: {sorted(unknown)}"
        )
    reported = {name: _reported(recipes / f"{name}.py") for name in references}
    made = {
        recipes / "README.md": tables.recipe_tables(references, rows, reported),
        recipes.parent / "README.md": tables.model_table(references, rows),
    }
    return {
        path: tables.put(path.read_text(encoding="utf-8"), table)
        for path, table in made.items()
    }


def _reported(recipe):
    """Returns what a recipe's docstring says of the paper, or nothing."""
    if not recipe.is_file():
        return ""
    docstring = ast.get_docstring(ast.parse(recipe.read_text(encoding="utf-8"))) or ""
    found = re.search(r"^Paper:(.*?)(?=^\S|\Z)", docstring, re.M | re.S)
    return " ".join(found[1].split()) if found else ""
