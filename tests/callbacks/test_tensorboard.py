import csv
import io
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import warnings

import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen.callbacks import ReconstructionGrid, SampleGrid, TensorBoard
from kerasgen.callbacks.events import CSVWriter, EventWriter
from tests.callbacks.tiny import TinyModel, train


def read(folder):
    """Returns {tag: [(step, value), ...]} as TensorBoard's own reader sees them."""
    from tensorboard.backend.event_processing import plugin_event_accumulator
    from tensorboard.util import tensor_util

    reader = plugin_event_accumulator.EventAccumulator(
        str(folder), size_guidance={plugin_event_accumulator.TENSORS: 0}
    )
    reader.Reload()
    return {
        tag: [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events]
        for tag in reader.Tags()["tensors"]
        for events in [reader.Tensors(tag)]
    }


def steps(run, tag):
    return [step for step, value in run[tag]]


def test_scalars_of_every_phase_in_two_runs_by_training_step(tmp_path):
    callback = TensorBoard(tmp_path, images=False)
    history = train(TinyModel(), [callback], epochs=3, validation=True).history
    training, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    losses = {"epoch/loss", "epoch/discriminator_loss", "epoch/generator_loss"}
    rates = {"learning_rate/discriminator", "learning_rate/generator"}
    assert set(training) == losses | rates and set(validation) == losses
    for name in ("discriminator_loss", "generator_loss"):
        for run, prefix in ((training, ""), (validation, "val_")):
            assert steps(run, f"epoch/{name}") == [4, 8, 12]
            values = [float(value) for _, value in run[f"epoch/{name}"]]
            assert values == pytest.approx(history[prefix + name])
    assert float(training["learning_rate/generator"][0][1]) == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "update_freq, expected",
    [(1, [1, 2, 3, 4, 5, 6, 7, 8]), ("batch", [1, 2, 3, 4, 5, 6, 7, 8]), (3, [3, 6])],
)
def test_scalars_every_so_many_batches(tmp_path, update_freq, expected):
    callback = TensorBoard(tmp_path, images=False, update_freq=update_freq)
    train(TinyModel(), [callback])
    run = read(tmp_path / "train")
    assert steps(run, "batch/generator_loss") == expected
    assert steps(run, "epoch/generator_loss") == [4, 8]


def test_without_batches_there_is_no_batch_hook_for_jax_to_wait_for(tmp_path):
    hook = TensorBoard(tmp_path).on_train_batch_end
    assert hook.__func__ is keras.callbacks.Callback.on_train_batch_end
    assert TensorBoard(tmp_path, update_freq=2).on_train_batch_end != hook


@pytest.mark.parametrize("first", [True, False])
def test_pictures_of_the_grid_callbacks_wherever_they_stand(tmp_path, first):
    x = np.random.default_rng(0).random((4, 4, 4, 3))
    grids = [
        SampleGrid(tmp_path / "run", num_samples=4, period=2),
        ReconstructionGrid(x, None, num_images=4),
    ]
    callback = TensorBoard(tmp_path)
    model = TinyModel()
    train(model, [callback, *grids] if first else [*grids, callback], epochs=3)
    run = read(tmp_path / "train")
    assert steps(run, "samples") == [0, 8, 12]
    assert steps(run, "reconstructions") == [0, 4, 8, 12]
    assert len(model.calls) == 3
    width, height, content = run["samples"][-1][1]
    picture = np.asarray(Image.open(io.BytesIO(content)))
    assert picture.shape == (int(height), int(width))
    np.testing.assert_array_equal(picture, grids[0].latest[..., 0])


def test_samples_of_its_own_where_no_callback_draws(tmp_path):
    model = TinyModel(num_classes=2)
    train(model, [TensorBoard(tmp_path / "a")])
    assert steps(read(tmp_path / "a" / "train"), "samples") == [0, 4, 8]
    train(model, [TensorBoard(tmp_path / "b", images=False)])
    assert len(model.calls) == 3 and "samples" not in read(tmp_path / "b" / "train")


def test_histograms_count_every_weight(tmp_path):
    model = TinyModel()
    train(model, [TensorBoard(tmp_path, histogram_freq=2, images=False)], epochs=4)
    run = read(tmp_path / "train")
    tag = f"weights/{model.dense.kernel.path}"
    assert steps(run, tag) == [8, 16]
    buckets = run[tag][-1][1]
    kernel = keras.ops.convert_to_numpy(model.dense.kernel)
    assert buckets.shape == (30, 3) and buckets[:, 2].sum() == kernel.size
    assert buckets[0, 0] == kernel.min() and buckets[-1, 1] == kernel.max()


def test_a_resumed_run_shows_every_step_once(tmp_path):
    # The first process was killed at step 12; its last backup was of step 4.
    options = {"update_freq": 1, "images": True}
    train(TinyModel(), [TensorBoard(tmp_path, **options)], epochs=3)
    model = TinyModel()
    train(model, [], epochs=1)
    train(model, [TensorBoard(tmp_path, **options)], epochs=4, initial_epoch=1)
    assert len(list((tmp_path / "train").iterdir())) == 2
    run = read(tmp_path / "train")
    assert steps(run, "batch/generator_loss") == list(range(1, 17))
    assert steps(run, "epoch/generator_loss") == [4, 8, 12, 16]
    assert steps(run, "samples") == [0, 4, 8, 12, 16]


def test_a_run_that_fails_has_all_its_points_on_the_disk(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt

    callback = TensorBoard(tmp_path, images=False, update_freq=1)
    with pytest.raises(KeyboardInterrupt):
        train(TinyModel(), [callback, Stop()], epochs=1)
    assert steps(read(tmp_path / "train"), "batch/loss") == [1, 2, 3]


def test_a_record_cut_off_by_a_kill_hides_no_other(tmp_path):
    writer = EventWriter(tmp_path)
    writer.scalars(1, {"a": 1.0})
    writer.scalars(2, {"a": 2.0})
    os.truncate(writer.path, os.path.getsize(writer.path) - 5)
    EventWriter(tmp_path, first_step=2).scalars(2, {"a": 3.0})
    assert read(tmp_path)["a"] == [(1, 1.0), (2, 3.0)]


def test_a_disk_that_is_full_costs_one_warning_and_the_lost_points(
    tmp_path, monkeypatch
):
    writer = EventWriter(tmp_path / "train")
    writer.scalars(1, {"a": 1.0})
    real_open = type(writer.path).open

    class Full(io.BytesIO):
        def __init__(self, path):
            super().__init__()
            self.path = path

        def write(self, data):
            with real_open(self.path, "ab") as file:
                file.write(data[:7])
            raise OSError(28, "No space left on device")

    callback = TensorBoard(tmp_path, images=False)
    with monkeypatch.context() as patch:
        patch.setattr(type(writer.path), "open", lambda path, mode: Full(path))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = train(TinyModel(), [callback], epochs=3)
        with pytest.raises(OSError, match="No space left"):
            writer.scalars(2, {"a": 2.0})
    ours = [str(w.message) for w in caught if "TensorBoard" in str(w.message)]
    assert len(ours) == 1 and str(tmp_path / "train") in ours[0]
    assert len(history.epoch) == 3
    writer.scalars(3, {"a": 3.0})
    assert read(tmp_path / "train")["a"] == [(1, 1.0), (3, 3.0)]


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


WITHOUT = """
import sys, warnings
import keras
from tests.callbacks.tiny import TinyModel, train
from kerasgen.callbacks import SampleGrid, TensorBoard
if {hidden}:
    sys.modules["tensorboard"] = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    callback = TensorBoard({path!r}, histogram_freq=1, update_freq=2)
    for _ in range(2):
        train(TinyModel(), [SampleGrid({path!r}), callback], validation=True)
print(sum("needs the package `tensorboard`" in str(w.message) for w in caught))
print("tensorflow" in sys.modules and keras.backend.backend() != "tensorflow")
"""


@pytest.mark.parametrize("hidden", [False, True])
def test_tensorflow_is_never_imported_nor_tensorboard_required(tmp_path, hidden):
    code = WITHOUT.format(hidden=hidden, path=str(tmp_path))
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["1" if hidden else "0", "False"]
    files = sorted(p.name for p in tmp_path.iterdir())
    if not hidden:
        assert files == ["samples", "samples.gif", "train", "validation"]
        return
    assert files == ["samples", "samples.gif", "scalars.csv"]
    with open(tmp_path / "scalars.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    points = [(row["run"], row["step"], row["tag"]) for row in rows]
    assert len(set(points)) == len(points)
    assert ("train", "2", "batch/generator_loss") in points
    assert ("validation", "8", "epoch/discriminator_loss") in points


class Server:
    """TensorBoard over a folder, asked through its HTTP interface."""

    def __init__(self, folder, log, fast):
        self.log = log
        self.file = open(log, "w")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)),
                *("--host", "127.0.0.1", "--port", "0", "--load_fast", fast),
                *("--reload_interval", "1"),
            ],
            stdout=self.file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self.address = self.wait(self.find_address)

    def find_address(self):
        text = self.log.read_text()
        if self.process.poll() is not None:
            raise RuntimeError(f"tensorboard ended: {text}")
        found = re.search(r"http://127\.0\.0\.1:\d+", text)
        return found and found.group()

    def wait(self, ask, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = ask()
            if answer:
                return answer
            time.sleep(0.2)
        raise TimeoutError(f"no answer from tensorboard: {self.log.read_text()}")

    def get(self, path, query):
        url = f"{self.address}/data/plugin/{path}?{query}"
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.read()

    def json(self, path, **query):
        return json.loads(self.get(path, urllib.parse.urlencode(query)))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        self.file.close()


@pytest.mark.parametrize("fast", ["true", "false"])
def test_tensorboard_itself_serves_scalars_images_and_histograms(tmp_path, fast):
    if fast == "true":
        pytest.importorskip("tensorboard_data_server")
    logs = tmp_path / "logs"
    grid = SampleGrid(tmp_path / "run", num_samples=4)
    callback = TensorBoard(logs, histogram_freq=1)
    history = train(TinyModel(), [grid, callback], epochs=3, validation=True).history
    # Killed and resumed from the backup of the first epoch.
    model = TinyModel()
    train(model, [], epochs=1)
    resumed = [grid, TensorBoard(logs, histogram_freq=1)]
    later = train(model, resumed, epochs=3, initial_epoch=1, validation=True).history
    server = None
    try:
        server = Server(logs, tmp_path / "log.txt", fast)
        server.wait(
            lambda: server.json("scalars/tags").keys() >= {"train", "validation"}
        )
        tags = server.json("scalars/tags")
        expected = {"epoch/discriminator_loss", "epoch/generator_loss"}
        assert expected <= set(tags["train"]) and expected <= set(tags["validation"])
        assert {"learning_rate/discriminator", "learning_rate/generator"} <= set(
            tags["train"]
        )
        for tag in expected:
            for run, prefix in (("train", ""), ("validation", "val_")):
                points = server.json("scalars/scalars", run=run, tag=tag)
                assert [step for _, step, _ in points] == [4, 8, 12]
                name = prefix + tag.removeprefix("epoch/")
                wanted = [history[name][0], *later[name]]
                assert [v for *_, v in points] == pytest.approx(wanted, rel=1e-5)
        assert "samples" in server.json("images/tags")["train"]
        query = {"run": "train", "tag": "samples", "sample": 0}
        pictures = server.json("images/images", **query)
        assert [picture["step"] for picture in pictures] == [0, 4, 8, 12]
        content = server.get("images/individualImage", pictures[-1]["query"])
        picture = np.asarray(Image.open(io.BytesIO(content)))
        np.testing.assert_array_equal(picture, grid.latest[..., 0])
        histograms = server.json("histograms/tags")["train"]
        assert f"weights/{model.dense.kernel.path}" in histograms
    finally:
        if server is not None:
            server.close()


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"log_dir": None}, TypeError, "log_dir=None"),
        ({"histogram_freq": -1}, ValueError, "histogram_freq=-1"),
        ({"update_freq": 0}, ValueError, "update_freq=0"),
        ({"update_freq": "epochs"}, ValueError, "Did you mean 'epoch'"),
    ],
)
def test_arguments_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        TensorBoard(**arguments)
