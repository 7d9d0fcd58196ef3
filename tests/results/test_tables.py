"""The tables of the READMEs: rows lose nothing in them.

That those in the repository are up to date is tested in `tests/test_zoo.py`.
"""

import pathlib

import pytest

from kerasgen.results import file, tables
from tests.results.example import row

pytestmark = pytest.mark.any_backend

ROOT = pathlib.Path(__file__).parents[2]
REFERENCES = {
    "autoencoders/vae": ("VAE", "Kingma and Welling, 2014", "https://vae"),
    "gans/wgan": ("WGAN", "Arjovsky et al., 2017", "https://wgan"),
    "gans/gan": ("GAN", "Goodfellow et al., 2014", "https://gan"),
}


def test_every_row_is_in_the_long_table():
    text = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")
    rows = file.read(ROOT / "recipes" / file.NAME)
    assert text.count("\n| `") == len(rows) + text.count(tables.NOT_RUN)
    for found in rows:
        flags = found["command"].removeprefix(f"kerasgen train {found['recipe']}")
        assert f"`{found['recipe']}`" + (f" `{flags.strip()}`" if flags else "") in text


def test_models_stand_by_family_and_year_with_their_best_rows():
    worse = row({"value": 99.0}, best=False, command="kerasgen train autoencoders/vae")
    digits = row({"value": 24.0}, data="digits", image_shape=[8, 8, 1])
    gan = row(
        recipe="gans/gan",
        command="kerasgen train gans/gan",
        figures=[],
        note="blurred",
        stopped_early=True,
        planned_epochs=90,
    )
    lines = tables.model_table(REFERENCES, [digits, worse, row(), gan]).splitlines()
    assert lines[2:] == [
        "| `gans.GAN` | [Goodfellow et al., 2014](https://gan) | MNIST: blurred "
        "(stopped after 80 of 90 epochs) |",
        "| `gans.WGAN` | [Arjovsky et al., 2017](https://wgan) | not yet run |",
        "| `autoencoders.VAE` | [Kingma and Welling, 2014](https://vae) | MNIST: -ELBO "
        "92.83 ± 0.24 nats (80 epochs); digits 8x8: -ELBO 24.00 ± 0.24 nats "
        "(80 epochs) |",
    ]


def test_a_row_of_the_long_table_has_all_that_it_says():
    found = row(
        {"name": "nll_5000_samples"},
        command="kerasgen train autoencoders/vae --data mnist --epochs 80",
        image_shape=[28, 28, 1],
        binarization="dynamic",
        steps=1234,
        parts={"prior": 3},
        seconds=900,
        precision="mixed_bfloat16",
        versions={"jax": "0.11.2"},
        seeds=[1, 2],
        commit="0123456789abcdef",
        remarks=["k = 5", "p(x|y)."],
    )
    found["figures"][0]["values"] = [92.0, 93.66]
    text = tables.recipe_tables(REFERENCES, [found], {"gans/gan": "225 nats"})
    assert (
        "| `autoencoders/vae` `--data mnist --epochs 80` | MNIST, 28x28, dynamic "
        "binarisation; 80 epochs of 10.6 s (1,234 steps, prior 3, 900 s in all); 1 CPU "
        "core; JAX 0.11.2, bfloat16; seeds 1, 2; 012345678; 2026-11-24 | -log p(x) ≤ "
        "92.83 ± 0.24 nats by 5,000 importance samples (seeds: 92, 93.66) (10,000 "
        "test) | Mostly digits. k = 5. p(x\\|y). | validation | 86.76 nats (5000 "
        "samples) |"
    ) in text.splitlines()
    assert "| `gans/gan` |  | not yet run |  |  | 225 nats |" in text


@pytest.mark.parametrize(
    "value, error, kind, expected",
    [
        (87.95, 0.8, "typical", "x 87.95 ±~0.8"),
        (83.94137, 0.2031, "examples", "x 83.94 ± 0.20"),
        (0.013, 0.0001, "examples", "x 0.0130 ± 0.0001"),
        (0.0209287, 0.00016720, "examples", "x 0.02093 ± 0.00017"),
        (401.6, 13.27, "examples", "x 402 ± 13"),
        (5.0, 0.0, "examples", "x 5 ± 0"),
        (0.0322581, 0.0, "examples", "x 0.0323 ± 0"),
        (9372, None, "none", "x 9,372"),
        (0.0488123, None, "none", "x 0.048812"),
    ],
)
def test_a_figure_shows_two_digits_of_its_error_at_most(value, error, kind, expected):
    figure = {"name": "x", "value": value, "unit": None, "standard_error": error}
    assert tables.figure_text({**figure, "standard_error_from": kind}) == expected


def test_a_table_takes_the_place_of_what_is_between_the_marks():
    text = f"a\n{tables.BEGIN}\n<<<<<<< of a rebase\n{tables.END}\nb\n"
    expected = f"a\n{tables.BEGIN}\n\n| new |\n\n{tables.END}\nb\n"
    assert tables.put(text, "| new |") == expected
    with pytest.raises(ValueError, match="once each. Received: 0 and 1"):
        tables.put(text.replace(tables.BEGIN, ""), "")
