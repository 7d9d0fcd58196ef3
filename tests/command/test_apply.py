"""`kerasgen apply`: a folder of pictures through a translator."""

import json

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.command import cli
from kerasgen.command.apply import apply_to
from kerasgen.images import save_png

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def model():
    return kerasgen.gans.CycleGAN(
        (8, 8, 3), (8, 8, 1), filters=2, blocks=0, depth=1, seed=0
    )


@pytest.fixture
def pictures(tmp_path):
    """Five pictures of any size, in two folders, and a file that is none."""
    generator = np.random.default_rng(0)
    for name, size in (("x.png", 8), ("y.png", 20), ("inner/x.png", 9)):
        save_png(tmp_path / "in" / name, generator.random((size, size + 3, 3)))
    Image.new("RGB", (12, 12), "red").save(tmp_path / "in" / "x.jpg")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    return tmp_path / "in"


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_every_picture_is_translated_under_its_name(model, pictures, batch_size):
    out = pictures.parent / "out"
    written = apply_to(model, pictures, out, batch_size=batch_size)
    assert names(out) == ["inner/x.png", "x.jpg.png", "x.png", "y.png"] or names(
        out
    ) == ["inner/x.png", "x.png", "x.png.png", "y.png"]
    assert len(written) == 4
    data = kerasgen.data.load(
        f"folder:{pictures / 'inner'}", batch_size=1, image_size=8
    )
    expected = model.translate(data.take(1)[0], "b")[0]
    found = read(out / "inner" / "x.png") / 255.0
    np.testing.assert_allclose(found, expected[..., 0], atol=0.5 / 255 + 1e-4)
    before = {path: path.read_bytes() for path in written}
    apply_to(model, pictures, out, batch_size=batch_size)
    assert before == {path: path.read_bytes() for path in written}


def test_the_other_direction_reads_grey_and_writes_colour(model, pictures):
    out = pictures.parent / "back"
    apply_to(model, pictures, out, to="a")
    assert read(out / "y.png").shape == (8, 8, 3)


def test_a_file_that_cannot_be_decoded_is_left_out_with_a_warning(model, pictures):
    (pictures / "broken.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="1 of 5 files are left out.*broken.png"):
        written = apply_to(model, pictures, pictures.parent / "out")
    assert len(written) == 4


def test_the_command(model, pictures, capsys):
    file = pictures.parent / "model.keras"
    model.compile()
    model.save(file)
    out = pictures.parent / "translated"
    code = cli.main(["apply", str(file), str(pictures), "--out", str(out)])
    assert code == 0 and len(names(out)) == 4
    assert f"4 pictures by CycleGAN in {out}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words, message",
    [
        (["{in}", "--to", "c"], "`to` must be one of"),
        (["{in}/nowhere"], "the folder must exist"),
        (["{in}/inner", "--out", "{in}/inner/deep"], "`out` must be a folder apart"),
        (["{empty}"], "the folder must hold images"),
        (["{in}", "--batch-size", "0"], "`batch_size` must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(model, pictures, words, message, capsys):
    file, empty = pictures.parent / "model.keras", pictures.parent / "empty"
    empty.mkdir()
    model.compile()
    model.save(file)
    words = [
        w.replace("{in}", str(pictures)).replace("{empty}", str(empty)) for w in words
    ]
    assert cli.main(["apply", str(file), *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1


def test_models_that_do_not_translate_and_those_that_do_not_sample(tmp_path, capsys):
    vae = kerasgen.autoencoders.VAE((8, 8, 1), 2, hidden_widths=(3,))
    vae.compile()
    vae.save(tmp_path / "vae.keras")
    assert cli.main(["apply", str(tmp_path / "vae.keras"), str(tmp_path)]) == 2
    assert "the model must translate images" in capsys.readouterr().err
    model = kerasgen.gans.CycleGAN((8, 8, 1), filters=2, blocks=0, depth=1)
    model.compile()
    model.save(tmp_path / "cyclegan.keras")
    assert cli.main(["sample", str(tmp_path / "cyclegan.keras")]) == 2
    assert "'kerasgen apply' translates" in capsys.readouterr().err


def test_evaluate_reads_all_of_a_training_split_in_order(tmp_path, capsys):
    model = kerasgen.gans.CycleGAN((16, 16, 3), filters=2, blocks=0, depth=1, seed=0)
    model.compile()
    model.save(tmp_path / "model.keras")
    words = ["--data", "outlines", "--split", "train", "--num-examples", "5", "--json"]
    assert cli.main(["evaluate", str(tmp_path / "model.keras"), *words]) == 0
    found = json.loads(capsys.readouterr().out)
    data = kerasgen.data.load_domains(
        "outlines", num_examples=5, image_size=16, batch_size=5, shuffle=False
    )
    expected = model.evaluate(data, verbose=0, return_dict=True)
    assert found["num_examples"] == 5 and "no measure" in found["note"]
    assert found["figures"] == pytest.approx(expected, rel=1e-5)


def test_noise_is_of_the_seed_and_the_place_whatever_the_batches(pictures):
    translator = kerasgen.gans.Pix2Pix((8, 8, 3), filters=2, depth=1, seed=0)
    found = []
    for i, options in enumerate(({}, {"batch_size": 3}, {"seed": 1})):
        out = pictures.parent / f"out{i}"
        written = apply_to(translator, pictures, out, **options)
        found.append(np.stack([read(path) for path in written]).astype(int))
    assert np.abs(found[0] - found[1]).max() <= 1 < np.abs(found[0] - found[2]).max()
