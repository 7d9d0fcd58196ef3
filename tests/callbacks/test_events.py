import csv
import os

from kerasgen.callbacks.events import CSVWriter, EventWriter
from tests.callbacks.tiny import read_events


def test_a_record_cut_off_by_a_kill_hides_no_other(tmp_path):
    writer = EventWriter(tmp_path)
    writer.scalars(1, {"a": 1.0})
    writer.scalars(2, {"a": 2.0})
    os.truncate(writer.path, os.path.getsize(writer.path) - 5)
    EventWriter(tmp_path, first_step=2).scalars(2, {"a": 3.0})
    assert read_events(tmp_path)["a"] == [(1, 1.0), (2, 3.0)]


def test_csv_keeps_what_an_earlier_process_wrote_before_the_first_step(tmp_path):
    for run in ("train", "validation"):
        CSVWriter(tmp_path / run).scalars(4, {"loss": 1.0})
        CSVWriter(tmp_path / run, first_step=5).scalars(8, {"loss": 2.0})
    CSVWriter(tmp_path / "train", first_step=5).scalars(7, {"loss": 3.0})
    with open(tmp_path / "scalars.csv", newline="") as file:
        rows = [(r["run"], r["step"], r["value"]) for r in csv.DictReader(file)]
    assert sorted(rows) == [
        ("train", "4", "1.0"),
        ("train", "7", "3.0"),
        ("validation", "4", "1.0"),
        ("validation", "8", "2.0"),
    ]
