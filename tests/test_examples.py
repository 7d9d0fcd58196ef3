"""Every example of a docstring runs, and prints what it says."""

import ast
import doctest
import pathlib
import re
import textwrap

import keras
import numpy as np
import pytest

import kerasgen
from tests.tiny_gan import tiny_data, tiny_gan

pytestmark = pytest.mark.any_backend

ROOT = pathlib.Path(__file__).parents[1]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
KINDS = (ast.Module, ast.ClassDef, ast.FunctionDef)


def examples():
    """Returns docstrings with an example, by `file::name`."""
    found = {}
    for path in sorted((ROOT / "kerasgen").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            text = ast.get_docstring(node) if isinstance(node, KINDS) else None
            if text and (">>>" in text or "```python" in text):
                name = getattr(node, "name", "module")
                found[f"{path.relative_to(ROOT)}::{name}"] = text
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"kerasgen": kerasgen, "keras": keras, "np": np}
    parsed = doctest.DocTestParser().get_doctest(EXAMPLES[name], names, name, name, 0)
    said = []
    result = doctest.DocTestRunner(verbose=False).run(parsed, out=said.append)
    assert result.failed == 0, "".join(said)
    blocks = BLOCK.findall(EXAMPLES[name])
    assert result.attempted or blocks
    for block in blocks:
        code = textwrap.dedent(block)
        exec(
            compile(code, name, "exec"),
            names | {"model": tiny_gan(), "data": tiny_data()},
        )


def test_every_model_has_an_example():
    found = {name.partition("::")[2] for name in EXAMPLES}
    missing = [m.__name__ for m in kerasgen.list_models().values()]
    assert not set(missing) - found
