"""The progress bar in a terminal of 80 columns, as such a terminal would show it."""

import io
import re
import types

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.training import progress_bar

pytestmark = pytest.mark.any_backend

DATA = np.random.default_rng(0).integers(0, 256, (12, 2, 2, 1), "uint8")


class Terminal(io.StringIO):
    """What is written, and how a terminal of 80 columns shows it."""

    def isatty(self):
        return True

    def rows(self):
        rows, column = [""], 0
        for char in re.sub(r"\x1b\[[\d;]*m", "", self.getvalue()):
            if char == "\r":
                column = 0
            elif char == "\b":
                column = max(0, column - 1)
            elif char == "\n":
                rows.append("")
                column = 0
            else:
                if column == 80:
                    rows.append("")
                    column = 0
                rows[-1] = rows[-1][:column] + char + rows[-1][column + 1 :]
                column += 1
        return [row.rstrip() for row in rows if row.strip()]


def open_terminal(monkeypatch, columns=80, now=(0.0,)):
    # Not a fixture, as pytest puts its own stdout in place before the test.
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(progress_bar, "_INTERVAL", 0.0)
    clock = types.SimpleNamespace(time=lambda: now[0])
    monkeypatch.setattr(progress_bar, "time", clock)
    return terminal


@pytest.fixture(scope="module")
def model():
    model = kerasgen.gans.GAN(
        (2, 2, 1), 2, generator_units=2, discriminator_units=3, seed=1
    )
    model.compile()
    return model


def test_an_epoch_is_one_line_of_the_terminal(model, monkeypatch):
    terminal = open_terminal(monkeypatch)
    history = model.fit(DATA, batch_size=2, epochs=2, validation_data=DATA)
    rows = terminal.rows()
    assert rows[0::2] == ["Epoch 1/2", "Epoch 2/2"] and len(rows) == 4
    for epoch, row in enumerate(rows[1::2]):
        assert row.startswith("6/6 0s 0us/step - ") and row.endswith(" …")
        for name in ("discriminator_loss", "generator_loss"):
            assert f"{name}: {history.history[name][epoch]:.4f}" in row
    # All that is not shown is in the history.
    assert {"discriminator_fake", "val_generator_loss"} < set(history.history)
    assert "discriminator_fake" not in rows[1]


def test_evaluate_is_one_line_and_verbose_0_none(model, monkeypatch):
    terminal = open_terminal(monkeypatch)
    model.evaluate(DATA, batch_size=2)
    (row,) = terminal.rows()
    assert row.startswith("6/6 ") and "generator_loss: " in row
    terminal = open_terminal(monkeypatch)
    model.evaluate(DATA, batch_size=2, verbose=0)
    model.fit(DATA, batch_size=2, epochs=1, verbose=0)
    assert terminal.rows() == []


def test_the_line_says_how_far_it_is_and_keeps_nothing_of_a_longer_one(
    monkeypatch,
):
    now = [0.0]
    terminal = open_terminal(monkeypatch, now=now)
    line = progress_bar._Line(200)
    for now[0], step, value, expected in (
        (40.0, 1, -123456.5, "  1/200 ━━━━━━━━━━━━━━━━━━━━ 2:12:40 40s/step"),
        (40.5, 2, 0.5, "  2/200 ━━━━━━━━━━━━━━━━━━━━ 1:39 500ms/step"),
        (41.0, 200, 1e-5, "200/200 ━━━━━━━━━━━━━━━━━━━━ 0s 5ms/step"),
    ):
        line.update(step, [("loss", value)])
        number = {-123456.5: "-123456.5000", 0.5: "0.5000", 1e-5: "1.0000e-05"}[value]
        assert terminal.rows() == [f"{expected} - loss: {number}"]
    terminal = open_terminal(monkeypatch)
    line = progress_bar._Line(None)
    line.update(7, [("loss", 1.0)], finalize=True)
    assert terminal.rows() == ["      7/Unknown 0s 0us/step - loss: 1.0000"]


@pytest.mark.parametrize("columns", [1, 20, 50, 300])
def test_no_terminal_is_too_narrow(monkeypatch, columns):
    terminal = open_terminal(monkeypatch, columns)
    line = progress_bar._Line(1000)
    for step in range(1, 4):
        values = [("a_scalar_with_a_name", step), ("some_loss", 0.1 * step)]
        line.update(step, values)
    written = re.sub(r"\x1b\[\d*m", "", terminal.getvalue()).split("\r")
    assert max(map(len, written)) < max(columns, 2)
    assert (" - a_scalar_with_a_name: 3.0000" in written[-1]) == (columns == 300)
    assert (" - some_loss: 0.3000" in written[-1]) == (columns >= 50)


def test_elsewhere_than_in_a_terminal_all_scalars_are_shown(model, capsys):
    model.fit(DATA, batch_size=2, epochs=1, verbose=2)
    assert "discriminator_fake: " in capsys.readouterr().out
    logger = keras.callbacks.ProgbarLogger()
    assert progress_bar.with_progress_bar([logger], 1) == [logger]
