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
    hidden = shutil.ignore_patterns(
        ".*", "runs", "build", "dist", "*.egg-info", "__pycache__"
    )
    shutil.copytree(ROOT, tree, ignore=hidden)
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
    expected = library | recipes | {"kerasgen/recipes/README.md", "kerasgen_command.py"}
    found = {name for name in wheel if ".dist-info/" not in name}
    assert found == expected


def test_wheel_has_the_command_and_the_license(wheel):
    facts = {name.split(".dist-info/")[-1]: text for name, text in wheel.items()}
    assert "kerasgen = kerasgen_command:main" in facts["entry_points.txt"]
    assert "The kerasgen authors" in facts["licenses/LICENSE"]


def test_versions_agree():
    assert PROJECT["project"]["version"] == kerasgen.__version__


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


@pytest.mark.parametrize("name", ["README.md", "recipes/README.md"])
def test_files_named_in_the_readmes_are_there(name):
    text = (ROOT / name).read_text()
    folder = "" if name == "README.md" else "recipes/"
    paths = re.findall(r"`((?:\w+/)+\w+\.(?:py|md))`", text)
    missing = [
        path
        for path in paths
        if "/my_gan" not in path and "test_my_gan" not in path
        if not (ROOT / folder / path).exists()
    ]
    assert paths and not missing
