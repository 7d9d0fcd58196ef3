"""The code blocks of README and docs/: commands exist, and all run as they stand."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen.command import cli
from kerasgen.command import flags as command_flags
from kerasgen.runs import recipe

ROOT = pathlib.Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# The language of a fenced block, and what it holds.
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.M | re.S)
]
SLACK = 10  # times what README says: a limit for what hangs, not a measurement


def _commands():
    """Returns the commands of README in their order, without those that install."""
    lines = [
        line
        for language, text in BLOCKS
        if not language
        for line in text.replace("\\\n", " ").splitlines()
    ]
    parts = [part.strip() for line in lines for part in line.split(" && ")]
    return [p for p in parts if p and not p.startswith(("pip ", "pytest", "ruff"))]


def _words(command):
    return shlex.split(command, comments=True)


@pytest.mark.parametrize("command", _commands())
def test_commands_exist_with_their_flags(command, capsys):
    program, *words = _words(command)
    if program == "python":
        program, words = "kerasgen", ["train", *words]
    assert program == "kerasgen"
    if words[0] == "train":
        parser = recipe.make_parser(recipe.load_recipe(words[1]))
        words = words[2:]
    else:
        parser = command_flags.make_parser(cli.BACKENDS, "--framework-logs")
    try:
        parser.parse_args(words)
    except SystemExit as end:
        assert end.code == 0, capsys.readouterr().err


def test_the_example_has_twelve_lines():
    language, text = BLOCKS[0]
    assert language == "python"
    assert len([line for line in text.splitlines() if line]) <= 12


def _make_pictures(folder):
    """Makes the folders that README's commands name: own pictures, flat and by class.

    Coloured discs and squares, of several sizes and kinds of file.
    """
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:48, :64]
    for name in ("photos", "animals/cat", "animals/dog"):
        (folder / name).mkdir(parents=True)
        for i in range(80):
            cx, cy, r = generator.uniform((16, 12, 6), (48, 36, 12))
            if name == "animals/cat":
                inside = np.maximum(abs(x - cx), abs(y - cy)) < r
            else:
                inside = np.hypot(x - cx, y - cy) < r
            ground, colour = generator.integers(0, 256, (2, 3))
            pixels = np.where(inside[..., None], colour, ground).astype("uint8")
            kind = ("png", "jpg", "webp")[i % 3]
            Image.fromarray(pixels).save(folder / name / f"{i:03d}.{kind}")


def _without_network():
    """Returns the words that start a program without a network, where that is allowed.

    Elsewhere proxies that answer nothing stand in its way.
    """
    words = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare"):
        if subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return words
    return []


def _run(words, folder, seconds):
    """Runs one program to its end, and shows what it did."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "80"}
    environment.pop("XLA_FLAGS", None)  # what they make of a model is slow
    for name in ("http_proxy", "https_proxy"):
        environment[name] = environment[name.upper()] = "http://127.0.0.1:9"
    words = [sys.executable if word == "python" else word for word in words]
    start = time.monotonic()
    end = subprocess.run(
        [*_without_network(), *words],
        cwd=folder,
        env=environment,
        timeout=seconds,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    print(f"{time.monotonic() - start:6.1f} s  {shlex.join(words)}\n{end.stdout}")
    assert end.returncode == 0
    assert "Traceback" not in end.stdout
    return end.stdout


def _limit(text):
    """Returns the seconds that are allowed for what README says of a command."""
    said = re.findall(r"# .*?(\d+) (s|min)\b", text)
    seconds = sum(int(n) * (60 if unit == "min" else 1) for n, unit in said)
    return SLACK * (seconds or 60)


@pytest.mark.slow
def test_every_block_runs_as_it_stands(tmp_path):
    """From the line after the installation on, on a machine without network."""
    _make_pictures(tmp_path)
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    for language, text in BLOCKS:
        if language == "python":
            (tmp_path / "example.py").write_text(text)
            _run(["python", "example.py"], tmp_path, _limit(text))
    for command in _commands():
        program, *words = _words(command)
        if program == "kerasgen":
            program, words = "python", ["-m", "kerasgen", *words]
        _run([program, *words], tmp_path, _limit(command))
        for flag, value in zip(words, words[1:], strict=False):
            if flag == "--out":
                assert (tmp_path / value).stat().st_size > 0
    assert (tmp_path / "dcgan.keras").stat().st_size > 0
    assert list((tmp_path / "runs" / "gans-dcgan" / "samples").glob("*.png"))
    assert keras.models.load_model(tmp_path / "dcgan.keras").steps > 0
