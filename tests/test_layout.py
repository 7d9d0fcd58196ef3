"""The order of the folders: each imports from those before it alone."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_backend

ROOT = Path(__file__).parents[1]
ORDER = (
    # Beside the folders: what imports no Keras, then pictures and sounds.
    ("errors", "arguments", "atomic_folder", "early_signals", "listing", "quiet")
    + ("backends", "earlier_runs", "registry", "results", "run_epochs"),
    ("reports",),
    ("backend",),
    ("images", "sounds"),
    ("features",),
    ("data",),
    ("training",),
    ("losses",),
    ("layers",),
    ("networks",),
    ("families",),
    ("checkpoints",),
    ("metrics",),
    ("callbacks",),
    ("autoregressive",),
    ("autoencoders",),
    ("gans",),
    ("explore",),
    ("everything", "kerasgen"),  # `import kerasgen` is all of the models
    ("runs",),
    ("command",),
)
FLOORS = {name: floor for floor, names in enumerate(ORDER) for name in names}
STARTS = {"__init__", "__main__"}  # they import what the process needs


def imports(path):
    """Yields the module or folder below `kerasgen` that each import is from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module] if node.module != "kerasgen" else []
            names = names or [f"kerasgen.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "kerasgen":
                yield [*name.split(".")[1:], "kerasgen"][0]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "kerasgen").rglob("*.py")), ids=lambda p: p.stem
)
def test_what_a_file_imports_comes_before_it(path):
    own = path.relative_to(ROOT / "kerasgen").parts[0].removesuffix(".py")
    if own in STARTS:
        return
    above = {name for name in imports(path) if FLOORS[name] > FLOORS[own]}
    assert not above, f"{own} comes before {sorted(above)} in ORDER"


def test_every_folder_has_its_place():
    found = {p.name.removesuffix(".py") for p in (ROOT / "kerasgen").iterdir()}
    found -= {"__pycache__", "py.typed", *(f"{name}" for name in STARTS)}
    assert found == set(FLOORS) - {"kerasgen"}
