import copy

import keras
import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.command.cli import main
from kerasgen.data import Dataset, load

pytestmark = pytest.mark.any_backend

NAMES = ["cat", "dog", "frog"]
X = np.random.default_rng(0).integers(0, 256, (12, 4, 4, 1), "uint8")
Y = np.arange(12) % 3


@pytest.fixture(scope="module")
def trained():
    model = kerasgen.autoencoders.CVAE(
        (4, 4, 1), 2, num_classes=3, hidden_widths=(4,), prior_widths=(4,), seed=0
    )
    model.compile()
    model.fit(Dataset(X, Y, batch_size=4, class_names=NAMES), verbose=0)
    return model


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model.keras"
    trained.save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    for i, name in enumerate(("frog", "cat") * 6):
        path = tmp_path / "own" / name / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(X[i % 12, ..., 0]).save(path)
    return tmp_path / "own"


def test_names_come_from_the_data_and_are_kept(trained, file):
    assert trained.class_names == NAMES
    assert keras.models.load_model(file).class_names == NAMES
    assert keras.models.clone_model(trained).class_names == NAMES
    assert copy.deepcopy(trained).class_names == NAMES


def test_a_name_is_taken_where_a_label_is(trained):
    for given in ("frog", ["frog"] * 3, np.array(["frog"] * 3), ["frog", 2, "frog"]):
        np.testing.assert_array_equal(
            trained.sample(3, labels=given, seed=0),
            trained.sample(3, labels=2, seed=0),
        )
    names = [NAMES[y] for y in Y]
    for method in ("encode", "reconstruct", "elbo"):
        call = getattr(trained, method)
        np.testing.assert_array_equal(call(X, labels=names), call(X, labels=Y))
    z = trained.encode(X, Y)
    np.testing.assert_array_equal(trained.decode(z, names), trained.decode(z, Y))
    rows = {"rows": 2, "seed": 0}
    np.testing.assert_array_equal(
        kerasgen.explore.interpolate(trained, labels=["dog", "cat"], **rows).images,
        kerasgen.explore.interpolate(trained, labels=[1, 0], **rows).images,
    )


def test_an_unknown_name_gets_the_nearest(trained):
    with pytest.raises(ValueError, match="Did you mean 'dog'. Received: labels='dgo'"):
        trained.sample(1, labels="dgo")
    bare = kerasgen.gans.GAN((4, 4, 1), num_classes=3)
    with pytest.raises(ValueError, match="ints for a model without `class_names`"):
        bare.sample(1, labels="dog")
    for wrong in (["a", "b"], ["a", "a", "b"]):
        with pytest.raises(ValueError, match="3 distinct names"):
            bare.class_names = wrong


def test_data_with_other_classes_are_refused(trained):
    model = copy.deepcopy(trained)
    other = Dataset(X, Y, batch_size=4, class_names=["dog", "cat", "frog"])
    for call in (model.fit, model.evaluate):
        with pytest.raises(
            ValueError, match="class_names=model.class_names.*'dog', 'c"
        ):
            call(other, verbose=0)
    model.class_names = None
    model.fit(other, verbose=0)
    assert model.class_names == ["dog", "cat", "frog"]


def test_the_command_line_takes_names(file, folder, tmp_path, capsys):
    out = ["--out", str(tmp_path / "x.png"), "--npz", str(tmp_path / "x.npz")]
    assert main(["sample", str(file), "--labels", "frog,cat", *out]) == 0
    labels = np.load(tmp_path / "x.npz")["labels"]
    assert labels[:4].tolist() == [2, 0, 2, 0]
    assert main(["sample", str(file), "--labels", "frgo", *out]) == 2
    assert "Did you mean 'frog'? Received: --labels frgo" in capsys.readouterr().err
    data = ["--data", f"folder:{folder}", "--split", "all"]
    start = ["explore", "traverse", str(file), "--label", "frog", *data, *out]
    assert main(start) == 0
    assert "class frog" in capsys.readouterr().out
    start[start.index("frog")] = "7"
    assert main(start) == 2 and "7" in capsys.readouterr().err
    edit = ["explore", "edit", str(file), "--attribute", "cat", *data, *out]
    assert main(edit) == 0


def test_a_folder_with_some_classes_has_the_numbers_of_the_model(file, folder, capsys):
    """`cat` and `frog` alone would be 0 and 1."""
    command = ["evaluate", str(file), "--data", f"folder:{folder}", "--split", "all"]
    command += ["--scores", "none"]
    assert main(command) == 0
    assert "loss" in capsys.readouterr().out
    found = load(f"folder:{folder}", labels=True, class_names=NAMES, batch_size=1)
    model = keras.models.load_model(file)
    assert set(found.labels.tolist()) == {0, 2}
    model.evaluate(found, verbose=0)
    bare = load(f"folder:{folder}", "all", labels=True, batch_size=1)
    with pytest.raises(ValueError, match="must have the classes of the model"):
        model.evaluate(bare, verbose=0)
