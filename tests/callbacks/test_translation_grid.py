"""Pictures of translations in both directions."""

import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import TranslationGrid
from kerasgen.images import labeled_grid, to_uint8
from tests.tiny_gan import tiny_gan

pytestmark = pytest.mark.any_backend

A = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), "uint8")
B = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), "uint8")


def model():
    return kerasgen.gans.CycleGAN(
        (8, 8, 1), (8, 8, 3), filters=2, blocks=0, depth=1, seed=0
    )


def test_rows_are_images_translations_and_the_way_back(tmp_path):
    translator = model()
    grid = TranslationGrid({"a": A, "b": B}, tmp_path, num_images=3)
    grid.set_model(translator)
    grid.on_train_begin()
    grid.on_epoch_begin(0)
    rows = []
    for given, to, source in ((A[:3], "b", "a"), (B[:3], "a", "b")):
        translated = translator.translate(given, to)
        back = translator.translate(translated, source)
        rows += [to_uint8(part) for part in (given, translated, back)]
    rows = [np.repeat(row, 3 // row.shape[-1], axis=-1) for row in rows]
    expected = labeled_grid(
        np.concatenate(rows),
        columns=3,
        title="CycleGAN: translations before training",
        row_labels=["a", "a to b", "and back to a", "b", "b to a", "and back to b"],
    )
    np.testing.assert_array_equal(grid.latest, expected)
    assert (tmp_path / "translations" / "epoch-0000.png").exists()


def test_it_draws_while_a_model_is_fitted_and_animates(tmp_path):
    data = kerasgen.data.unpaired(A, B, batch_size=2)
    translator = model()
    translator.compile()
    grid = TranslationGrid(data, tmp_path, num_images=2)
    translator.fit(data, epochs=2, verbose=0, callbacks=[grid])
    names = sorted(p.name for p in (tmp_path / "translations").iterdir())
    assert names == ["epoch-0000.png", "epoch-0001.png", "epoch-0002.png"]
    assert (tmp_path / "translations.gif").exists()
    assert grid.images["a"].shape == (2, 8, 8, 1)


def test_what_it_cannot_draw_is_refused(tmp_path):
    with pytest.raises(TypeError, match="`data` must be a Dataset with the domains"):
        TranslationGrid(A, tmp_path)
    grid = TranslationGrid({"a": A, "b": B}, tmp_path)
    with pytest.raises(ValueError, match="`model` must have a method `translate`"):
        grid.set_model(tiny_gan())


def test_rows_of_pairs_are_inputs_translations_and_targets():
    translator = kerasgen.gans.Pix2Pix((8, 8, 3), (8, 8, 1), filters=2, depth=1, seed=0)
    data = kerasgen.data.pairs(A[:4], B, shuffle=False)
    grid = TranslationGrid(data, None, num_images=4, seed=3)
    grid.set_model(translator)
    rows = [np.repeat(A[:4], 3, axis=-1), None, B]
    rows[1] = to_uint8(translator.translate(A[:4], seed=3))
    expected = labeled_grid(
        np.concatenate(rows),
        columns=4,
        title="Pix2Pix: translations before training",
        row_labels=["input", "input to target", "target"],
    )
    np.testing.assert_array_equal(grid.draw(), expected)
    np.testing.assert_array_equal(grid.draw(), expected)  # of the same noise
