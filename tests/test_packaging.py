import configparser
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import setuptools

import kerasgen

pytestmark = pytest.mark.any_backend

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _sources(folder):
    return {p.relative_to(ROOT) for p in (ROOT / folder).rglob("*.py")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a wheel built from this tree."""
    if int(setuptools.__version__.split(".")[0]) < 77:
        pytest.skip("setuptools older than pyproject.toml asks for")
    folder = tmp_path_factory.mktemp("build")
    tree = folder / "tree"
    hidden = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")

    def left_out(path, names):
        runs = {"runs"} if Path(path) == ROOT else set()
        return hidden(path, names) | runs

    shutil.copytree(ROOT, tree, ignore=left_out)
    code = "from setuptools import build_meta; build_meta.build_wheel('..')"
    subprocess.run(
        [sys.executable, "-c", code], cwd=tree, check=True, capture_output=True
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield {
            name: archive.read(name).decode()
            for name in archive.namelist()
            if not name.endswith("RECORD")
        }


def test_wheel_holds_the_library_and_the_recipes_alone(wheel):
    library = {str(path) for path in _sources("kerasgen")}
    recipes = {f"kerasgen/{path}" for path in _sources("recipes")}
    others = {"kerasgen/recipes/README.md", "kerasgen/recipes/results.jsonl"}
    others |= {"kerasgen/py.typed", "kerasgen_command.py"}
    expected = library | recipes | others
    found = {name for name in wheel if ".dist-info/" not in name}
    assert found == expected


def test_wheel_has_the_command_and_the_license(wheel):
    facts = {name.split(".dist-info/")[-1]: text for name, text in wheel.items()}
    assert "kerasgen = kerasgen_command:main" in facts["entry_points.txt"]
    assert "The kerasgen authors" in facts["licenses/LICENSE"]


def test_versions_agree():
    version = kerasgen.__version__
    assert PROJECT["project"]["version"] == version
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_the_command_refuses_another_projects_package(tmp_path):
    # That of the distribution `kerasgen`, a generator of batches.
    (tmp_path / "kerasgen").mkdir()
    (tmp_path / "kerasgen" / "__init__.py").write_text("class Generator: pass\n")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]"
    found = subprocess.run(
        [sys.executable, "-c", f"{code}; import kerasgen_command as c; c.main()"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert found.returncode == 1
    line = "error: `kerasgen` must be the package of the distribution kerasgen-zoo"
    assert found.stderr.startswith(line) and str(tmp_path) in found.stderr


def test_test_settings_are_read():
    # pytest ignores setup.cfg once pyproject.toml holds a table of its own.
    assert "pytest" not in PROJECT["tool"]
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert settings["tool:pytest"]["testpaths"] == "tests"


def test_warnings_are_errors(pytestconfig):
    assert pytestconfig.getini("filterwarnings")[0] == "error"


def test_ci_script_is_executable_and_starts_clean():
    path = ROOT / ".ci" / "run"
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/runs.md"])
def test_files_named_in_texts_are_there(name):
    text = (ROOT / name).read_text()
    paths = re.findall(r"`((?:\w+/)+\w+\.(?:py|md))`", text)
    missing = [
        path
        for path in paths
        if "/my_gan" not in path and "test_my_gan" not in path
        if not (ROOT / path).exists()
    ]
    assert paths and not missing
