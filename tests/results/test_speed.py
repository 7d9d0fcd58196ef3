"""What a campaign measured beside its runs, as rows and as a table."""

import pytest

from kerasgen.results import speed
from tests.results.test_rows import make_campaign

pytestmark = pytest.mark.any_backend


@pytest.fixture
def measured(tmp_path):
    return speed.of_campaign(make_campaign(tmp_path / "out", run="done"))[0]


def test_what_a_campaign_measured_becomes_rows(measured, tmp_path):
    contract, training, sampling = measured
    assert (contract["tests"], contract["seconds"]) == (2, 108.4)
    assert (training["model"], training["processor_ratio"]) == ("vae", 0.55123)
    assert (sampling["model"], sampling["size"]) == ("pixelcnn", 28)
    assert {row["device"] for row in measured} == {"1 NVIDIA H200"}
    path = tmp_path / "rows.jsonl"
    assert speed.read(path) == []
    speed.write(path, measured)
    assert speed.read(path) == measured


def test_a_newer_measurement_of_the_same_takes_its_place(measured):
    changed = {**measured[1], "ratio": 0.9}
    other = {**measured[1], "batch_size": 1024}
    found = speed.add(measured, [changed, other])
    assert found == [measured[0], changed, measured[2], other]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"kind": "memory"}, "`kind` must be one of"),
        ({"ratio": float("inf")}, "`ratio` must be a finite number"),
        ({"load": 3}, "must have the fields"),
    ],
)
def test_a_row_that_is_none_is_refused(measured, change, message):
    with pytest.raises(ValueError, match=message):
        speed.add([], [{**measured[1], **change}])


def test_the_table_has_a_line_a_row(measured):
    assert speed.table([]) == "No campaign has been recorded yet."
    on, gpu = "1 NVIDIA H200, jax", "61.5 % busy, 1,234 MiB | 2026-12-01 |"
    assert speed.table(measured).splitlines()[2:] == [
        f"| contract, 2 models | {on} | passes, 108 s |  |  | {gpu}",
        f"| sampling pixelcnn, batch 16, 28x28 | {on} 0.11.2 | 0.078 s | 19.1 s | "
        f"**244**, CPU 327 | {gpu}",
        f"| training vae, batch 128, 300 updates, float32 | {on} 0.11.2 | 87,916 "
        f"images/s | 148,900 images/s | **0.59** (0.50-0.61), CPU 0.55 | {gpu}",
    ]
