"""Trackers get all that a training gives, by the real packages, offline."""

import importlib

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Backup, EvaluateSamples, SampleGrid, Tracker
from kerasgen.callbacks.trackers import TRACKERS
from tests.tiny_gan import tiny_data, tiny_gan

pytestmark = pytest.mark.any_backend


class Kept(Tracker):
    """A tracker that only keeps what it is told."""

    package, distribution = "json", "json"
    fails = False

    def start(self):
        self.told = [] if self.run_id is None else [("resumed", self.run_id)]
        self.run_id = self.run_id or "one"

    def scalars(self, step, values):
        if self.fails:
            raise RuntimeError("no network")
        self.told.append(("scalars", step, values))

    def picture(self, step, name, image):
        self.told.append(("picture", step, name, image.shape, image.dtype))

    def file(self, path):
        model = keras.models.load_model(path)
        self.told.append(("file", type(model).__name__))

    def finish(self, failed):
        self.told.append(("finish", failed))


def test_events_become_calls():
    tracker, model = Kept(), tiny_gan()
    model.fit(tiny_data(), epochs=2, callbacks=[tracker], verbose=0)
    kinds = [told[0] for told in tracker.told]
    assert kinds == [*["picture", "scalars"] * 2, "picture", "file", "finish"]
    assert [t[1] for t in tracker.told[:5]] == [0, 4, 4, 8, 8]
    scalars = tracker.told[3][2]
    assert scalars["epoch"] == 2
    assert {"generator_loss", "discriminator_loss"} < set(scalars)
    assert scalars["learning_rate/generator"] == pytest.approx(1e-2)
    assert tracker.told[5] == ("file", "TinyGAN")
    assert tracker.told[6] == ("finish", False)
    last = model.history.history["generator_loss"][-1]
    assert scalars["generator_loss"] == pytest.approx(last)


def test_it_takes_the_scores_and_the_pictures_of_other_callbacks():
    data = tiny_data()
    real = kerasgen.data.Dataset(data.source, batch_size=4)
    tracker = Kept(save_model=False)
    callbacks = [
        EvaluateSamples(real, "random", ["kernel_distance"], num_samples=16),
        SampleGrid(None, num_samples=4, name="mine"),
        tracker,
    ]
    tiny_gan().fit(data, epochs=1, callbacks=callbacks, verbose=0)
    scalars = next(told[2] for told in tracker.told if told[0] == "scalars")
    assert any("kernel_distance" in name for name in scalars)
    assert {told[2] for told in tracker.told if told[0] == "picture"} == {"mine"}


def test_a_resumed_run_goes_on_in_the_same_run(tmp_path):
    tracker = Kept(save_model=False, images=False)
    for epochs in (1, 2):
        tracker = Kept(save_model=False, images=False)
        tiny_gan().fit(
            tiny_data(), epochs=epochs, callbacks=[tracker, Backup(tmp_path)], verbose=0
        )
    assert tracker.told[0] == ("resumed", "one")
    assert [told[1] for told in tracker.told[1:-1]] == [8]


def test_what_a_tracker_refuses_costs_a_warning_and_not_the_training():
    tracker = Kept(save_model=False, images=False)
    tracker.fails = True
    with pytest.warns(UserWarning, match="could not log.*no network") as told:
        model = tiny_gan()
        model.fit(tiny_data(), epochs=2, callbacks=[tracker], verbose=0)
    assert sum(w.category is UserWarning for w in told) == 1
    assert int(model.steps.numpy()) == 8


def test_training_that_fails_ends_the_run():
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop")

    tracker = Kept(save_model=False, images=False)
    with pytest.raises(RuntimeError, match="stop"):
        tiny_gan().fit(tiny_data(), epochs=1, callbacks=[tracker, Fails()], verbose=0)
    assert tracker.told[-1] == ("finish", True)


@pytest.mark.parametrize("name", TRACKERS)
def test_a_missing_package_is_named(monkeypatch, name):
    def missing(package):
        raise ImportError(package)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=rf"`pip install {name}`\. Received: {name}"):
        TRACKERS[name]()


# === The real packages, without a network ===


def fit(tracker):
    model = tiny_gan()
    model.fit(tiny_data(), epochs=2, callbacks=[tracker], verbose=0)
    return model.history.history["generator_loss"]


@pytest.mark.filterwarnings("ignore:(?!.*could not log)")
def test_mlflow_has_them(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri)
    client.create_experiment("tests", artifact_location=(tmp_path / "files").as_uri())
    tracker = TRACKERS["mlflow"]("tests", uri, name="tiny", settings={"seed": 1})
    losses = fit(tracker)
    run = client.get_run(tracker.run_id)
    assert run.info.run_name == "tiny" and run.info.status == "FINISHED"
    assert run.data.params == {"seed": "1"}
    found = client.get_metric_history(tracker.run_id, "generator_loss")
    assert [metric.step for metric in found] == [4, 8]
    np.testing.assert_allclose([metric.value for metric in found], losses)
    pictures = client.list_artifacts(tracker.run_id, "samples")
    assert [p.path for p in pictures][-1] == "samples/step-00000008.png"
    path = client.download_artifacts(tracker.run_id, "model.keras", str(tmp_path))
    assert type(keras.models.load_model(path)).__name__ == "TinyGAN"


@pytest.mark.filterwarnings("ignore:(?!.*could not log)")
def test_wandb_has_them(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    tracker = TRACKERS["wandb"]("tests", tmp_path, name="tiny", settings={"seed": 1})
    losses = fit(tracker)
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    assert folder.name.endswith(tracker.run_id)
    assert tracker.run.config["seed"] == 1
    assert len(list(folder.rglob("samples_*.png"))) == 3
    (record,) = folder.glob("run-*.wandb")
    text = record.read_bytes()
    assert f"model-{tracker.run_id}".encode() in text
    assert text.count(b"generator_loss") >= 2
    for loss in losses:  # as JSON has it
        assert repr(loss)[:8].encode() in text


@pytest.mark.filterwarnings("ignore:(?!.*could not log)")
def test_trackio_has_them(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))  # read as it is imported
    pytest.importorskip("trackio")
    from trackio.sqlite_storage import SQLiteStorage

    tracker = TRACKERS["trackio"]("tests", name="tiny", settings={"seed": 1})
    losses = fit(tracker)
    rows = SQLiteStorage.get_logs("tests", "tiny")
    found = [row for row in rows if "generator_loss" in row]
    assert [row["step"] for row in found] == [4, 8]
    np.testing.assert_allclose([r["generator_loss"] for r in found], losses, rtol=1e-6)
    pictures = [row["samples"]["_type"] for row in rows if "samples" in row]
    assert pictures == ["trackio.image"] * 3
    assert list(tmp_path.rglob("*.keras")) or list(tmp_path.rglob("*artifact*"))
