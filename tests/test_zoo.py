"""The house rules, as tests over every file of the library."""

import ast
import inspect
import operator
import pathlib
import re

import keras
import pytest

import kerasgen
from kerasgen.registry import FAMILIES
from kerasgen.results import command
from tests.eagerly import REPRESENTATIVES

pytestmark = pytest.mark.any_backend

ROOT = pathlib.Path(__file__).parent.parent
LIBRARY = ROOT / "kerasgen"
FILES = sorted(LIBRARY.rglob("*.py"))
MODELS = kerasgen.list_models()
FRAMEWORKS = {"tensorflow", "jax", "torch", "flax", "jaxlib"}
LIMIT = 300


def _relative(path):
    return str(path.relative_to(ROOT))


def _tree(path):
    return ast.parse(path.read_text())


@pytest.mark.parametrize("name", MODELS)
def test_model_has_its_test_and_its_recipe(name):
    family, module = name.split("/")
    assert (ROOT / "tests" / family / f"test_{module}.py").exists()
    recipe = ROOT / "recipes" / family / f"{module}.py"
    assert recipe.exists()
    docstring = ast.get_docstring(_tree(recipe))
    parts = ("When:",) if family == "gans" else ()  # docs/which_gan.md shows it
    for part in (*parts, "Run:", "Expect:", "Paper:", "Differs"):
        assert part in docstring, f"{part} missing in {_relative(recipe)}"


def test_the_tables_are_those_of_the_models_and_their_results():
    for path, text in command.pages(ROOT / "recipes").items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{_relative(path)} is stale: 'kerasgen record --tables' makes it anew"
        )


def test_each_family_has_a_model_whose_tests_all_backends_run():
    assert {*REPRESENTATIVES} <= {*MODELS}
    assert {name.split("/")[0] for name in REPRESENTATIVES} == {*FAMILIES}


@pytest.mark.parametrize("name", MODELS)
def test_model_file_is_one_paper_one_class(name):
    path = LIBRARY / f"{name}.py"
    text, tree = path.read_text(), _tree(path)
    public = [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert public == [MODELS[name].__name__]
    assert len(text.splitlines()) <= 250
    docstring = ast.get_docstring(tree)
    assert "https://" in docstring, "name the paper with a link"
    assert "Differs from the paper" in docstring


@pytest.mark.parametrize("name", MODELS)
def test_no_model_inherits_from_another_model(name):
    others = {cls for key, cls in MODELS.items() if key != name}
    assert not others & set(MODELS[name].__mro__)


@pytest.mark.parametrize("name", MODELS)
def test_documented_arguments_equal_the_signature(name):
    cls = MODELS[name]
    parameters = inspect.signature(cls.__init__).parameters
    expected = [p for p in parameters if p not in ("self", "kwargs")]
    section = re.search(r"\nArgs:\n(.*?)\n\n", inspect.getdoc(cls), re.S).group(1)
    documented = re.findall(r"^    ([\w, ]+):", section, re.M)
    names = [n.strip() for group in documented for n in group.split(",")]
    tail = ["seed", "name", "dtype"]
    assert names == [n for n in expected if n not in tail] + tail


@pytest.mark.parametrize("name", MODELS)
def test_docstring_states_units_ranges_and_source(name):
    docstring = inspect.getdoc(MODELS[name])
    for part in ("Input:", "Sample:", "Scalars:", "Example:", "Reference:"):
        assert part in docstring, f"{part} missing in the docstring of {name}"


def _imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_frameworks_are_imported_in_the_backend_folder_alone(path):
    if path.parent == LIBRARY / "backend":
        return
    found = {name.split(".")[0] for name in _imports(_tree(path))} & FRAMEWORKS
    assert not found, f"imports {found}"


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_keras_internals_are_used_in_the_backend_folder_alone(path):
    if path.parent == LIBRARY / "backend":
        return
    assert not [n for n in _imports(_tree(path)) if n.startswith("keras.src")]


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_pictures_are_opened_as_formats_that_are_named(path):
    """Others may start programs: Pillow gives PostScript to Ghostscript."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Image.open":
            named = [keyword.arg for keyword in node.keywords]
            assert "formats" in named, f"Image.open in line {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_no_assert_and_errors_say_what_was_received(path):
    for node in ast.walk(_tree(path)):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}"
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
            continue
        kind = getattr(node.exc.func, "id", "")
        if kind in ("ValueError", "TypeError"):
            source = ast.get_source_segment(path.read_text(), node)
            local = {"received", "message"}
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            assert "Received" in source or names & local, (
                f"line {node.lineno}: {source}"
            )


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= LIMIT


@pytest.mark.parametrize("name", MODELS)
def test_models_touch_no_tape_no_optimizer_slot_and_no_toggle(name):
    source = (LIBRARY / f"{name}.py").read_text()
    for word in (
        "GradientTape",
        "value_and_grad",
        ".trainable =",
        "apply_gradients",
        "convert_to_numpy",
        "print(",
    ):
        assert word not in source, f"{word} in {name}"


@pytest.mark.parametrize("name", MODELS)
def test_no_python_attribute_is_changed_in_a_step(name):
    """Such a change is frozen when the step is traced: keep a variable."""
    for node in ast.walk(_tree(LIBRARY / f"{name}.py")):
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.name not in ("compute_losses", "update", "call"):
            continue
        for inner in ast.walk(node):
            targets = getattr(inner, "targets", [getattr(inner, "target", None)])
            for target in targets:
                changed = isinstance(target, ast.Attribute) and (
                    getattr(target.value, "id", "") == "self"
                )
                assert not changed, f"{name}.{node.name} changes an attribute"


def _takes_data_format(value):
    kinds = value.__mro__[:-1] if inspect.isclass(value) else ()
    makers = [kind.__init__ for kind in kinds] or [value]
    return any("data_format" in inspect.signature(f).parameters for f in makers)


FORMATTED = {
    f"{module}.{name}"
    for module in ("layers", "ops", "ops.nn", "ops.image")
    for name, value in vars(operator.attrgetter(module)(keras)).items()
    if callable(value) and _takes_data_format(value)
}


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_channels_come_last_whatever_keras_is_set_to(path):
    """Nothing is left to `keras.config.image_data_format()`.

    Operations are given `data_format`, layers are those of `layers/channels_last.py`.
    """
    assert {"layers.Conv2D", "layers.Flatten", "ops.conv"} < FORMATTED
    given, tree = set(), _tree(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "data_format":
                    assert keyword.value.value == "channels_last"
                    given.update(id(part) for part in (node.func, *node.args))
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.removeprefix("keras.")
            assert not {f"{module}.{alias.name}" for alias in node.names} & FORMATTED
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in given:
            name = ast.unparse(node).removeprefix("keras.")
            assert name not in FORMATTED, f"line {node.lineno}: {name}"


def test_every_library_file_has_a_docstring():
    for path in FILES:
        assert ast.get_docstring(_tree(path)), f"{_relative(path)} has no docstring"
