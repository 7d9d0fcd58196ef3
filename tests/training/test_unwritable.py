"""Paths that cannot be written to are refused at once, before anything is done."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Backup, SampleGrid, TensorBoard
from kerasgen.explore.result import Exploration
from tests.training.tiny import TinyGAN

IMAGES = np.zeros((2, 2, 4, 4, 1), "float32")
FORMATS = {"torch": "torch", "tensorflow": "litert"}  # without other packages


@pytest.fixture(scope="module")
def model():
    return TinyGAN()


def test_files_in_a_folder_that_is_missing(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model.save("x.keras")
    calls = [
        (model.save, {"filepath": "missing/x.keras"}),
        (model.save_weights, {"filepath": "missing/x.weights.h5"}),
    ]
    if format := FORMATS.get(keras.backend.backend()):
        calls.append((model.export, {"filepath": "missing/x", "format": format}))
    for save, arguments in calls:
        with pytest.raises(FileNotFoundError, match="`filepath` must .*Received: fi"):
            save(**arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["x.keras"]
    Exploration(IMAGES).save("made/x.png")
    kerasgen.show(IMAGES).save("made/too/x.jpg")
    assert (tmp_path / "made" / "too" / "x.jpg").is_file()


def test_folders_that_cannot_be_made(model, tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "folder"
    for name, write in {
        "filepath": lambda: model.save(folder / "x.keras"),
        "path": lambda: kerasgen.images.save_png(folder / "x.png", IMAGES[0, 0]),
        "directory": lambda: Backup(folder),
        "log_dir": lambda: TensorBoard(folder),
    }.items():
        with pytest.raises(NotADirectoryError, match=f"`{name}` must .*Received: "):
            write()
    for write in (
        lambda: model.save_weights(tmp_path / "file" / "x.weights.h5"),
        lambda: Exploration(IMAGES).save(folder / "x.npz"),
        lambda: kerasgen.show(IMAGES).save(folder / "x.png"),
        lambda: SampleGrid(tmp_path / "file"),
    ):
        with pytest.raises(NotADirectoryError, match="must be in a folder. Received: "):
            write()
