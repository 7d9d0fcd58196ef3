"""Answers of people: shares and their intervals, and what misled them."""

import json
import re

import numpy as np
import pytest
from scipy.stats import binomtest

from kerasgen.command import cli
from kerasgen.reports import StudyAnswers
from kerasgen.reports.study_answers import share
from tests.reports.test_study import NAMES, study

pytestmark = pytest.mark.any_backend


def write(folder, made, answer, name="ada", session=None, only=None, **changes):
    """Writes the answers of somebody who says `answer(place, trial)`; returns the path.

    Args:
        made: `Study`.
        answer: function that returns what the page keeps: 1 is "real", or the right
            picture, or the class.
        only: int, the number of trials that were answered, or None for all.
    """
    rows = []
    for place, trial in enumerate(made.trials[:only]):
        said, real = answer(place, trial), [made.real[k] for k in trial]
        labels = None if made.labels is None else [made.labels[k] for k in trial]
        right = {
            "real": real[0] == bool(said),
            "pair": real[said if len(real) > 1 else 0],
            "class": labels is not None and labels[0] == said,
        }[made.question]
        rows.append(
            {"trial": place, "practice": place < made.num_practice, "pictures": trial}
            | {"real": real, "labels": labels, "answer": said, "right": right}
        )
    found = {"kind": "kerasgen study", "version": 1, "study": made.id}
    found |= {"session": session or name, "question": made.question, "answers": rows}
    found |= {"participant": name, "classes": made.class_names, "settings": {"a": 1}}
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**found, **changes}))
    return path


@pytest.mark.parametrize("some, count", [(0, 5), (3, 7), (20, 20), (417, 1000)])
def test_the_interval_is_wilsons(some, count):
    found = share(some, count)
    interval = binomtest(some, count).proportion_ci(0.95, "wilson")
    np.testing.assert_allclose([found["low"], found["high"]], interval, atol=1e-6)
    assert found["value"] == some / count


def test_people_are_pooled_and_practice_is_not_counted(tmp_path):
    made = study(9, num_practice=2)
    always = write(tmp_path, made, lambda place, trial: 1)
    knows = write(tmp_path, made, lambda place, trial: made.real[trial[0]], "bob")
    found = StudyAnswers([always, knows])
    assert [(p["right"], p["count"]) for p in found.people] == [(8, 16), (16, 16)]
    some = {k: (s["some"], s["count"]) for k, s in found.shares.items()}
    assert some == {"right": (24, 32), "fooled": (8, 16), "doubted": (0, 16)}
    assert found.between["mean"] == pytest.approx(0.75)
    error = np.std([0.5, 1.0], ddof=1) / np.sqrt(2)
    assert found.between["standard_error"] == pytest.approx(error)
    assert [p["shown"] for p in found.pictures] == [2] * 16
    assert all(p["wrong"] == (not p["real"]) for p in found.pictures)
    assert len(found.most(False)) == 8 and found.most(True) == []
    assert StudyAnswers([knows]).between is None
    shown = found._repr_html_()
    assert "75.0 %" in shown and "24 of 32" in shown and "<td>a</td>" in shown
    json.dumps(found.to_dict())


def test_pictures_that_mislead_most_come_first(tmp_path):
    made = study(4, num_practice=0)
    a, b = [k for (k,) in made.trials if not made.real[k]][:2]
    first = write(tmp_path, made, lambda p, t: made.real[t[0]] or t[0] in (a, b))
    second = write(tmp_path, made, lambda p, t: made.real[t[0]] or t[0] == b, "bob")
    found = StudyAnswers([first, second]).most(False)
    assert [(p["picture"], p["wrong"], p["shown"]) for p in found] == [
        (b, 2, 2),
        (a, 1, 2),
    ]


def test_of_pairs_the_papers_figure_is_how_many_are_fooled(tmp_path, capsys):
    made = study(5, "pair", num_practice=1)
    path = write(tmp_path, made, lambda place, trial: 1)
    right = sum(made.real[b] for _, b in made.trials[1:])
    assert cli.main(["study", "--read", str(path)]) == 0
    text = capsys.readouterr().out
    assert re.search(rf"right +{25 * right}.0 % .* {right} of 4\n", text)
    wrong = 4 - right
    expected = rf"generated, taken for real +{25 * wrong}.0 % .* {wrong} of 4\n"
    assert re.search(expected, text)
    pictures = StudyAnswers([path]).pictures
    assert sum(p["wrong"] for p in pictures) == 2 * wrong


def test_classes_are_scored_for_real_and_generated_apart(tmp_path):
    made = study(6, "class", num_practice=0)
    path = write(
        tmp_path, made, lambda p, t: made.labels[t[0]] if made.real[t[0]] else 0
    )
    found = StudyAnswers([path])
    assert found.shares["real_right"]["value"] == 1.0
    assert found.shares["generated_right"]["some"] == 2
    assert found.confusion()["real"] == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    assert found.confusion()["generated"] == [[2, 0, 0]] * 3


def test_the_page_of_answers_shows_what_misled(tmp_path, capsys):
    made = study(9, "class", num_practice=2)
    made.save(tmp_path / "study.html")
    path = write(tmp_path, made, lambda p, t: 2, name="<i>")
    out = tmp_path / "found.html"
    words = ["study", "--read", str(path), "--out", str(out)]
    assert cli.main([*words, "--page", str(tmp_path / "study.html")]) == 0
    assert "answers in" in capsys.readouterr().out
    page = out.read_text(encoding="utf-8")
    wrong = [k for (k,) in made.trials[2:] if made.labels[k] != 2]
    assert (
        page.count("<img") == len(wrong) and "<i>" not in page and NAMES[2] not in page
    )
    assert 'alt="picture' in page and "--side: 256px" in page
    assert cli.main(words) == 0 and "<img" not in out.read_text(encoding="utf-8")
    capsys.readouterr()
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == "class"


def test_answers_that_cannot_be_pooled_are_refused(tmp_path, capsys):
    made = study()
    path = write(tmp_path, made, lambda p, t: 1)
    other = write(tmp_path, study(seed=1), lambda p, t: 1, "other")
    again = write(tmp_path, made, lambda p, t: 1, "again", session="ada")
    early = write(tmp_path, made, lambda p, t: 1, "early", only=2)
    broken = tmp_path / "broken.json"
    broken.write_text('{"kind": "kerasgen study"}')
    for paths, message in (
        ([path, other], "must be answers to one study"),
        ([path, again], "must be of different people"),
        ([early], "must hold answers beside those for practice"),
        ([broken], "must be files that the page of `kerasgen study` saved"),
        ([], "must name a file"),
    ):
        with pytest.raises(ValueError, match=f"{message}.*Received"):
            StudyAnswers(paths)
    study(seed=1).save(tmp_path / "study.html")
    with pytest.raises(ValueError, match="must be the page that was answered"):
        StudyAnswers([path]).page(tmp_path / "study.html")
    assert StudyAnswers([path, early]).people[0]["count"] == 16
    for words in (["study"], ["study", "run", "--read", str(path)]):
        assert cli.main(words) == 2
        assert "must be given a run, or --read" in capsys.readouterr().err
    assert cli.main(["study", "--read", str(tmp_path / "none.json")]) == 2
