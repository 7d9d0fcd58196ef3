"""Rows come back as they were written; none is there twice, one is the best."""

import json

import pytest

from kerasgen.results import file
from tests.results.example import row

pytestmark = pytest.mark.any_backend

OTHER = "kerasgen train autoencoders/vae --data mnist --epochs 9"


def test_rows_come_back_one_a_line(tmp_path):
    path = tmp_path / file.NAME
    assert file.read(path) == []
    rows = [row(note="± 3"), row(command=OTHER, best=False)]
    file.write(path, rows)
    assert file.read(path) == rows
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert "± 3" in lines[0] and [p.name for p in tmp_path.iterdir()] == [file.NAME]


def test_a_bad_line_is_named_and_nothing_is_written(tmp_path):
    path = tmp_path / file.NAME
    file.write(path, [row()])
    before = path.read_text()
    with pytest.raises(ValueError, match="Row 2: `date` must"):
        file.write(path, [row(), row(command=OTHER, date="today")])
    assert path.read_text() == before
    path.write_text(before + "<<<<<<< HEAD\n")
    with pytest.raises(ValueError, match="line 2, '<<<<<<< HEAD'"):
        file.read(path)
    path.write_text(before + before)
    with pytest.raises(ValueError, match=f"{file.NAME}: Row 2 must differ from row 1"):
        file.read(path)


@pytest.mark.parametrize("marks", [(True, True), (False, False)])
def test_one_row_of_a_recipe_and_its_data_is_the_best(marks):
    rows = [row(best=marks[0]), row(command=OTHER, best=marks[1])]
    with pytest.raises(ValueError, match="One row of autoencoders/vae on mnist"):
        file.check_rows(rows)
    rows[1] |= {"data": "digits", "best": True}
    if marks[0]:
        file.check_rows(rows)


def test_a_row_is_added_and_the_best_one_marked():
    first = file.add([], row(best=False))
    assert [r["best"] for r in first] == [True]
    second = file.add(first, row(command=OTHER))
    assert [r["best"] for r in second] == [True, False]
    third = file.add(first, row(command=OTHER), best=True)
    assert [r["best"] for r in third] == [False, True]
    for rows in (first, second, third):
        file.check_rows(rows)


def test_the_same_run_is_added_only_in_place_of_its_row():
    rows = file.add(file.add([], row()), row(command=OTHER))
    newer = row(date="2026-12-01")
    with pytest.raises(ValueError, match="--replace .* one of 2026-11-24"):
        file.add(rows, newer)
    rows = file.add(rows, newer, replace=True)
    assert [r["date"] for r in rows] == ["2026-12-01", "2026-11-24"]
    assert [r["best"] for r in rows] == [True, False]
    assert len(file.add(rows, row(seeds=[1]))) == 3
