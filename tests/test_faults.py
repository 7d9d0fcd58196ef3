"""What training must survive, each fault made on purpose.

Damaged files alone are in tests/training/test_checkpoint.py, signals and settings in
tests/callbacks/test_backup.py; here are whole runs.
"""

import keras
import numpy as np
import pytest

from kerasgen.callbacks import Backup
from kerasgen.checkpoints import checkpoint, run_record
from kerasgen.checkpoints.checkpoint import CheckpointError
from kerasgen.training import NonFiniteLossError
from tests import faults
from tests.processes import run_python
from tests.tiny_gan import as_new, digests, tiny_data, tiny_gan, tiny_images

STEPS = 4  # in an epoch


def fit(directory, data=None, callbacks=(), model=None, epochs=2, **kwargs):
    """Fits a model that is the same every time; returns the digests of its state."""
    model = model or as_new()
    backup = Backup(directory, **kwargs)
    model.fit(
        tiny_data() if data is None else data,
        epochs=epochs,
        verbose=0,
        callbacks=[backup, *callbacks],
    )
    return digests(model)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The digests after two epochs without any fault."""
    return fit(tmp_path_factory.mktemp("straight"))


# The process ends


def test_a_killed_run_resumes_bit_for_bit_in_another_process(tmp_path, straight):
    code = f"""
from kerasgen.callbacks import Backup
from tests.faults import kill_at
from tests.tiny_gan import tiny_data, tiny_gan
callbacks = [Backup({str(tmp_path)!r}, save_freq=1), kill_at(7)]
tiny_gan().fit(tiny_data(), epochs=2, verbose=0, callbacks=callbacks)
"""
    killed = run_python(code)
    assert killed.returncode == 9, killed.stderr[-2000:]
    assert checkpoint.steps(tmp_path)[-1] == 6  # in the middle of the second epoch
    assert fit(tmp_path) == straight


WRITE = (
    faults.WITHOUT_KERAS
    + """
import numpy as np
from kerasgen.checkpoints import checkpoint
from unittest import mock
import os, signal
def write(directory, step):
    checkpoint.write(directory, step, {"x": np.full(100_000, step, "float32")}, keep=1)
"""
)
KILL = """
write(DIRECTORY, 1)
real, calls = os.NAME, []
def killing(*args):
    calls.append(args)
    if len(calls) == NUMBER:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
os.NAME = killing
write(DIRECTORY, 2)
"""


@pytest.mark.parametrize(
    ("call", "number", "newest"),
    [
        ("fsync", 1, 1),  # the numbers are written, but not synced
        ("fsync", 4, 1),  # all files are on the disk
        ("replace", 1, 1),  # before the new one becomes visible
        ("fsync", 5, 2),  # it is visible, the folder not synced
        ("replace", 2, 2),  # before the old one is removed
    ],
)
def test_a_kill_at_any_stage_of_writing(tmp_path, call, number, newest):
    code = WRITE + KILL.replace("NAME", call).replace("NUMBER", str(number))
    killed = run_python(code.replace("DIRECTORY", repr(str(tmp_path))), fresh=True)
    assert killed.returncode == -9, killed.stderr
    assert checkpoint.read_latest(tmp_path).step == newest
    checkpoint.sweep(tmp_path)
    assert all(path.name.startswith("step-") for path in tmp_path.iterdir())
    assert checkpoint.read_latest(tmp_path).tensors["x"][0] == newest


FILL = """
import resource
write(DIRECTORY, 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
write(DIRECTORY, 2)
"""


def test_a_disk_that_is_really_full(tmp_path):
    code = WRITE + FILL.replace("DIRECTORY", repr(str(tmp_path)))
    full = run_python(code, fresh=True)
    assert full.returncode == 1
    assert "CheckpointError: Could not write a checkpoint to" in full.stderr
    assert "File too large" in full.stderr
    assert "Bytes needed: 4" in full.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
    assert checkpoint.read_latest(tmp_path).step == 1


# The data, a callback or a step fails


def faulty_data(fault, batch=2, scale=1):
    """Data whose given batch of the first epoch holds a faulty example."""
    images = tiny_images()
    images = images if scale == 1 else (images / scale).astype("float32")
    looked_at = {0, *np.linspace(0, 31, 8).astype(int)}  # before training
    rows = tiny_data(images).order(0)[8 * batch : 8 * batch + 8]
    example = next(row for row in rows if row not in looked_at)
    return tiny_data(faults.FaultySource(images, example, fault))


def test_data_that_cannot_be_read_loses_no_step(tmp_path, straight):
    with pytest.raises(Exception, match="the disk is gone"):
        fit(tmp_path, faulty_data(faults.unreadable))
    assert checkpoint.steps(tmp_path) == [2]
    assert fit(tmp_path) == straight


@pytest.mark.parametrize(
    ("step", "hook", "saved"),
    [
        (2, "on_train_batch_begin", 2),
        (3, "on_train_batch_end", 3),
        (STEPS, "on_train_batch_end", STEPS),
    ],
)
def test_a_callback_that_raises_loses_no_step(tmp_path, straight, step, hook, saved):
    error = ZeroDivisionError("in a callback")
    fault = faults.raise_at(step, error, hook)
    with pytest.raises(ZeroDivisionError, match="in a callback"):
        fit(tmp_path, callbacks=[fault])
    assert checkpoint.steps(tmp_path) == [saved]
    assert fit(tmp_path) == straight


def test_a_callback_that_raises_at_the_end_of_an_epoch(tmp_path, straight):
    class Failing(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise OSError("cannot write the picture")

    with pytest.raises(OSError, match="the picture"):
        fit(tmp_path, callbacks=[Failing()])
    found = checkpoint.read_latest(tmp_path).manifest["position"]
    assert found == {"epoch": 1, "batch": 0, "data": 1}
    assert fit(tmp_path) == straight


def test_the_first_error_is_the_one_to_be_seen(tmp_path):
    fault = faults.raise_at(2, ZeroDivisionError("first"))
    with faults.nth_call("fsync", 1, faults.no_space):
        with pytest.warns(UserWarning, match="No emergency checkpoint.*No space"):
            with pytest.raises(ZeroDivisionError, match="first"):
                fit(tmp_path, callbacks=[fault])
    assert checkpoint.steps(tmp_path) == []


def test_a_first_step_that_fails_leaves_the_model_whole(
    tmp_path, straight, monkeypatch
):
    model = as_new()
    before = digests(model)
    model.forget_functions()
    with monkeypatch.context() as patch:
        patch.setattr(type(model), "compute_losses", failing_losses)
        with pytest.raises(ValueError, match="no losses today"):
            fit(tmp_path, model=model)
    assert digests(model) == before
    assert checkpoint.steps(tmp_path) == []
    model.forget_functions()
    assert fit(tmp_path, model=model) == straight


def failing_losses(self, phase, x, labels, training):
    raise ValueError("no losses today")


def test_nothing_is_saved_once_a_loss_is_not_finite(tmp_path):
    class Poison(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                self.model.sync()
                self.model.discriminator.layers[-1].bias.assign([3e38])

    message = "not finite in discriminator at step 2"
    with pytest.raises(NonFiniteLossError, match=message):
        fit(tmp_path, callbacks=[Poison()], save_freq=1)
    _check_steps_1_and_2(tmp_path)


def test_nothing_is_saved_of_data_that_are_not_finite(tmp_path):
    data = faulty_data(faults.nan_rows, scale=255)
    with pytest.raises(ValueError, match="`x` must be finite. Received: x with NaN"):
        fit(tmp_path, data, save_freq=1)
    _check_steps_1_and_2(tmp_path)


def _check_steps_1_and_2(tmp_path):
    assert checkpoint.steps(tmp_path) == [1, 2]
    for step in (1, 2):
        tensors = checkpoint.read(tmp_path / f"step-{step:09d}").tensors
        assert all(np.isfinite(tensor).all() for tensor in tensors.values())


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    class Poison(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.generator.layers[0].bias.assign([np.nan] * 4)

    with pytest.warns(UserWarning, match="infinity in 1 of .*generator/.*/bias"):
        with pytest.raises(NonFiniteLossError):
            fit(tmp_path, callbacks=[Poison()])
    assert checkpoint.steps(tmp_path) == []


# The checkpoint is damaged, or another one


@pytest.fixture
def stopped(tmp_path):
    """A folder with checkpoints of steps 4 and 6 of a run that raised."""
    with pytest.raises(ZeroDivisionError):
        fit(tmp_path, callbacks=[faults.raise_at(6, ZeroDivisionError())])
    assert checkpoint.steps(tmp_path) == [4, 6]
    return tmp_path


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(
    stopped, straight, damage
):
    path = stopped / "step-000000006" / "state.npz"
    if damage == "truncated":
        faults.truncate(path, 0.7)
    else:
        faults.flip_byte(path, path.stat().st_size // 2)
    with pytest.warns(
        UserWarning, match="step 6 in .* corrupt .* using step 4 instead"
    ):
        assert fit(stopped) == straight
    assert checkpoint.steps(stopped) == [4, 6, 8]  # nothing rejected is removed


def test_no_usable_checkpoint_is_not_a_new_start(stopped):
    for step in (4, 6):
        faults.truncate(stopped / f"step-{step:09d}" / "state.npz", 0.5)
    model = as_new()
    before = digests(model)
    with pytest.raises(CheckpointError, match="No usable checkpoint in"):
        fit(stopped, model=model)
    assert digests(model) == before


def rewrite(directory, change, step=6):
    """Writes the newest checkpoint again, after `change(tensors, manifest)`."""
    found = checkpoint.read_latest(directory)
    tensors = dict(found.tensors)
    manifest = {key: found.manifest[key] for key in run_record.KEYS}
    change(tensors, manifest)
    checkpoint.write(directory, step, tensors, manifest)


def test_tensors_that_do_not_fit_are_listed_and_the_model_left_alone(stopped):
    def change(tensors, manifest):
        del tensors["steps"]
        tensors["generator/more"] = np.zeros(2)
        tensors["optimizer/generator/2"] = np.zeros((9, 9), "float32")

    rewrite(stopped, change, step=9)
    model = as_new()
    before = digests(model)
    with pytest.raises(CheckpointError) as caught:
        fit(stopped, model=model)
    for line in (
        "missing: steps",
        "unknown: generator/more",
        "shape of optimizer/generator/2: (9, 9), the model has (3, 4)",
    ):
        assert line in str(caught.value)
    assert digests(model) == before


def test_another_optimizer_is_refused(stopped):
    model = tiny_gan()
    model.compile(optimizer="sgd")
    before = digests(model)
    with pytest.raises(CheckpointError, match="class_name: saved 'Adam', now 'SGD'"):
        fit(stopped, model=model)
    with pytest.raises(CheckpointError, match="unknown: optimizer/discriminator/"):
        fit(stopped, model=model, on_mismatch="warn")
    assert digests(model) == before


def test_a_checkpoint_of_another_backend_goes_on_with_a_warning(stopped, straight):
    def change(tensors, manifest):
        for name in tensors:
            if "seed" in name:
                tensors[name] = tensors[name].astype("uint64")
        manifest["versions"]["backend"] = "numpy"
        player = manifest["settings"]["compile"]["optimizer"]["config"]["players"]
        player["generator"]["registered_name"] = "Other"  # as Keras has it there

    rewrite(stopped, change)
    with pytest.warns(UserWarning, match="not bit for bit .*backend was numpy, now"):
        assert fit(stopped) == straight  # the seeds as well


def test_a_checkpoint_of_an_interrupted_step_goes_on_with_a_warning(stopped):
    rewrite(stopped, lambda tensors, manifest: manifest.update(whole=False))
    with pytest.warns(UserWarning, match="an error had ended a step early"):
        fit(stopped)


def test_a_manifest_without_a_part_counts_as_damaged(stopped, straight):
    rewrite(stopped, lambda tensors, manifest: manifest.pop("position"))
    with pytest.warns(UserWarning, match="the manifest has no position.*using step 4"):
        assert fit(stopped) == straight


def test_a_flipped_bit_of_the_manifest_costs_the_steps_since_the_one_before(
    stopped, straight
):
    path = stopped / "step-000000006" / "manifest.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"batch": 2', b'"batch": 3'))
    assert path.read_bytes() != content
    with pytest.warns(UserWarning, match="checksum of manifest.json.*using step 4"):
        assert fit(stopped) == straight
