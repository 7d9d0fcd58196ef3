"""Traversals of InfoGAN's codes: the values in columns, the other latents in rows."""

import numpy as np
import pytest

import kerasgen
from kerasgen.command import cli
from kerasgen.explore import traverse_codes
from tests.explore import tiny

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def model():
    options = {"noise_dim": 2, "categories": (3, 4), "num_continuous": 1}
    return kerasgen.gans.InfoGAN((8, 8, 1), filters=2, units=8, seed=0, **options)


@pytest.mark.parametrize("code, part, columns", [(0, 2, 3), (1, 5, 4), (2, 9, 5)])
def test_a_row_changes_one_code_and_nothing_else(model, code, part, columns):
    found = traverse_codes(model, code, rows=2, steps=5, seed=3)
    assert found.images.shape == (2, columns, 8, 8, 1)
    width = 3 if code == 0 else 4 if code == 1 else 1
    expected = np.eye(width) if code < 2 else np.linspace(-1, 1, 5)[:, None]
    latents = model.numpy_latents(np.random.default_rng(3), 2)
    others = np.r_[0:part, part + width : 10]
    for row in range(2):
        codes = found.codes[row]
        np.testing.assert_allclose(codes[:, part : part + width], expected, atol=1e-6)
        np.testing.assert_array_equal(
            codes[:, others], [latents[row, others]] * columns
        )
        images = model.sample(columns, seed=0, latents=codes)
        np.testing.assert_allclose(found.images[row], images, atol=1e-6)
    assert len(found.facts["values"]) == columns


def test_the_command_writes_the_picture(model, tmp_path, capsys):
    model.save(tmp_path / "model.keras")
    words = ["--rows", "2", "--out", str(tmp_path / "a.png")]
    argv = ["explore", "codes", str(tmp_path / "model.keras"), "--code", "1", *words]
    assert cli.main(argv) == 0
    assert (tmp_path / "a.png").stat().st_size > 0
    assert "4 values of code 1, 2 draws of the others" in capsys.readouterr().out


def test_it_needs_a_model_with_codes_and_one_of_them(model):
    with pytest.raises(TypeError, match="`model` must have codes beside its noise"):
        traverse_codes(tiny.gan())
    with pytest.raises(ValueError, match="Received: code=3"):
        traverse_codes(model, 3)
