"""One look for all plots, and curves of histories."""

import pathlib

import matplotlib
import numpy as np
import pytest

import kerasgen
from kerasgen import images
from kerasgen.images import histories
from kerasgen.images.palette import colors
from kerasgen.images.plots import plot

pytestmark = pytest.mark.any_backend


def places_of(picture, color):
    """Returns the rows and columns of the pixels that nearly have a colour."""
    wanted = np.round(255 * np.asarray(color)).astype(int)
    return np.nonzero(np.abs(picture.astype(int) - wanted).max(axis=-1) <= 2)


def test_settings_of_a_user_change_nothing_and_are_left_alone():
    def draw(axes):
        axes.plot([0, 1], [0, 1])

    before = plot(draw, 300, 200, title="A title")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        changed = plot(draw, 300, 200, title="A title")
        assert matplotlib.rcParams["font.size"] == 30
    assert before.shape == (200, 300, 3) and before.dtype == np.uint8
    np.testing.assert_array_equal(before, changed)
    assert len(places_of(before, colors(1)[0])[0]) > 50
    assert not (before[:20, -20:] < 255).any()  # no frame above and to the right


def test_matplotlib_draws_in_one_place():
    folder = pathlib.Path(kerasgen.__file__).parent
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "import matplotlib" in (text := path.read_text(encoding="utf-8"))
        or "from matplotlib" in text
    }
    assert found == {"images/plots.py", "images/text.py"}


def test_players_have_a_panel_each_and_what_is_not_finite_is_left_out():
    history = {"generator_loss": [1.0, 2.0], "generator_real": [0.5, float("nan")]}
    history |= {"discriminator_loss": [3.0, 1.0], "generator_learning_rate": [1, 1]}
    history |= {"val_generator_loss": [1.0, 1.0], "nothing": [float("inf")] * 2}
    assert images.history_figure(history).shape == (660, 640, 3)
    one = images.history_figure({"loss": [1.0, 2.0, 3.0]})
    assert one.shape == (260, 640, 3)
    rows, columns = places_of(one[:, :400], colors(1)[0])
    assert np.corrcoef(rows, columns)[0, 1] < -0.99  # it rises
    single = images.history_figure({"loss": [1.0]})  # a point, as a line has no length
    assert len(places_of(single[:, :400], colors(1)[0])[0]) > 10
    with pytest.raises(ValueError, match="`history` must hold numbers.*Received"):
        images.history_figure({"loss": [float("nan")]})


def test_few_panels_are_drawn_of_many_players(monkeypatch):
    monkeypatch.setattr(histories, "MOST", 1)
    history = {f"player{i}": [1.0, 2.0] for i in range(3)}
    assert images.history_figure(history).shape == (260, 640, 3)
