"""The directory format: atomic, verified, validate-then-assign."""

import errno
import hashlib
import json
import os
import shutil
import zipfile

import keras
import ml_dtypes
import numpy as np
import pytest

from kerasgen.checkpoints import checkpoint
from kerasgen.checkpoints.checkpoint import CheckpointError, NonFiniteError
from tests.faults import flip_byte, no_space, nth_call, truncate


def tensors(value=1.0):
    return {
        "generator/0/kernel": np.full((3, 2), value, "float32"),
        "steps": np.array(7, "int32"),
        "seed": np.array([1, 2**32 - 1], "uint32"),
        "half": np.full((2,), value, ml_dtypes.bfloat16),
        "empty": np.zeros((0, 4), "float32"),
    }


def write_steps(directory, *steps, **kwargs):
    for step in steps:
        checkpoint.write(directory, step, tensors(step), **kwargs)


def variables(values):
    return {
        name: keras.Variable(value, trainable=False) for name, value in values.items()
    }


def as_numpy(variable):
    return keras.ops.convert_to_numpy(variable.value)


def test_what_is_written_is_read(tmp_path):
    path = checkpoint.write(tmp_path, 7, tensors(), {"position": {"epoch": 2}})
    assert path == tmp_path / "step-000000007"
    found = checkpoint.read_latest(tmp_path)
    assert (found.path, found.step, found.rejected) == (path, 7, ())
    assert found.manifest["position"] == {"epoch": 2}
    assert found.tensors.keys() == tensors().keys()
    for name, value in tensors().items():
        assert found.tensors[name].dtype == value.dtype
        np.testing.assert_array_equal(found.tensors[name], value)


def test_any_memory_layout_is_kept(tmp_path):
    value = np.arange(24, dtype="float64").reshape(2, 3, 4)
    for i, view in enumerate([value.T, value[:, ::-2], np.asfortranarray(value)]):
        checkpoint.write(tmp_path, i, {"x": view})
        np.testing.assert_array_equal(
            checkpoint.read_latest(tmp_path).tensors["x"], view
        )


def test_files_hold_numbers_that_numpy_reads_without_pickle(tmp_path):
    path = checkpoint.write(tmp_path, 1, tensors())
    with np.load(path / "state.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(
            file["generator/0/kernel"], tensors()["generator/0/kernel"]
        )
    with pytest.raises(TypeError, match="must hold numbers. Received: x of dtype obj"):
        checkpoint.write(tmp_path, 2, {"x": np.array([None])})


def test_the_newest_are_kept(tmp_path):
    write_steps(tmp_path, 1, 2, 10, 11, keep=3)
    assert checkpoint.steps(tmp_path) == [2, 10, 11]
    write_steps(tmp_path, 12, keep=1)
    assert checkpoint.steps(tmp_path) == [12]


@pytest.mark.parametrize(("mode", "best"), [("min", 2), ("max", 1)])
def test_the_best_and_the_protected_are_kept(tmp_path, mode, best):
    values = [float("nan"), 5.0, 1.0, 3.0, 4.0, 2.0]
    for step, value in enumerate(values):
        metric = {"name": "loss", "value": value, "mode": mode}
        checkpoint.write(tmp_path, step, tensors(), metric=metric, keep=1, protect={3})
    assert checkpoint.steps(tmp_path) == sorted({best, 3, 5})


def test_a_step_is_replaced_but_a_protected_one_set_aside(tmp_path):
    checkpoint.write(tmp_path, 1, {"x": np.zeros(1)})
    checkpoint.write(tmp_path, 1, {"x": np.ones(1)})
    assert checkpoint.read_latest(tmp_path).tensors["x"] == [1]
    assert len(list(tmp_path.iterdir())) == 1
    checkpoint.write(tmp_path, 1, {"x": np.full(1, 2.0)}, protect={1})
    assert checkpoint.read_latest(tmp_path).tensors["x"] == [2]
    (aside,) = tmp_path.glob("kept-step-000000001-*")
    assert checkpoint.read(aside).tensors["x"] == [1]


def test_not_finite_is_refused_and_named(tmp_path):
    write_steps(tmp_path, 1)
    bad = {**tensors(), "a": np.array([np.nan]), "b": np.array(-np.inf)}
    bad["c"] = np.array([np.inf], ml_dtypes.bfloat16)
    with pytest.raises(NonFiniteError, match="infinity in 3 of 8 tensors: a, b, c$"):
        checkpoint.write(tmp_path, 2, bad)
    assert checkpoint.steps(tmp_path) == [1]


def test_a_full_disk_is_noticed_before_writing(tmp_path, monkeypatch):
    write_steps(tmp_path, 1)
    usage = shutil._ntuple_diskusage(1000, 990, 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(
        CheckpointError, match=r"full. Bytes needed: \d{4}, bytes free: 10"
    ):
        checkpoint.write(tmp_path, 2, tensors())
    assert checkpoint.read_latest(tmp_path).step == 1


@pytest.mark.parametrize(("call", "n"), [("fsync", 1), ("fsync", 4), ("replace", 1)])
def test_a_failed_write_leaves_no_trace(tmp_path, call, n):
    write_steps(tmp_path, 1)
    with nth_call(call, n, no_space), pytest.raises(CheckpointError) as caught:
        checkpoint.write(tmp_path, 2, tensors())
    assert str(tmp_path) in str(caught.value)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
    assert checkpoint.read_latest(tmp_path).step == 1


def test_a_failed_replacement_keeps_what_was_there(tmp_path):
    checkpoint.write(tmp_path, 1, {"x": np.zeros(1)})
    with nth_call("replace", 2, no_space), pytest.raises(CheckpointError):
        checkpoint.write(tmp_path, 1, {"x": np.ones(1)})
    assert checkpoint.read_latest(tmp_path).tensors["x"] == [0]


def test_files_and_folders_are_synced_before_and_after_the_rename(
    tmp_path, monkeypatch
):
    order = []

    def logged(name, real):
        def call(*args):
            order.append(name)
            return real(*args)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, logged(name, getattr(os, name)))
    checkpoint.write(tmp_path, 1, tensors())
    # three files and their folder; then it becomes visible; then the folder above
    assert order == ["fsync"] * 4 + ["replace", "fsync"]


def test_sweep_removes_leftovers_only(tmp_path):
    write_steps(tmp_path, 1)
    for name in (".tmp-step-000000002-99", ".old-step-000000001", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "step-000000001").rename(tmp_path / ".old-step-000000003")
    checkpoint.sweep(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["mine", "step-000000001", "step-000000003"]
    assert checkpoint.read(tmp_path / "step-000000003").step == 1
    checkpoint.sweep(tmp_path / "nowhere")


def test_nothing_to_read(tmp_path):
    for directory in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CheckpointError, match="No usable .* there is none"):
            checkpoint.read_latest(directory)


def damage_manifest(path, sign=True, **changes):
    manifest = json.loads((path / "manifest.json").read_text())
    manifest.update(changes)
    content = json.dumps(manifest).encode()
    (path / "manifest.json").write_bytes(content)
    if sign:  # so that another fault than its checksum is found
        checksum = f"{hashlib.sha256(content).hexdigest()}  manifest.json\n"
        (path / "manifest.sha256").write_text(checksum)


DAMAGES = {
    "no numbers": lambda path: (path / "state.npz").unlink(),
    "no manifest": lambda path: (path / "manifest.json").unlink(),
    "not json": lambda path: truncate(path / "manifest.json", 0.5),
    "empty": lambda path: truncate(path / "manifest.json", 0),
    "other json": lambda path: (path / "manifest.json").write_text("[1]"),
    "no tensors": lambda path: damage_manifest(path, tensors={}),
    "another step": lambda path: damage_manifest(path, sign=False, step=1),
    "no checksum": lambda path: (path / "manifest.sha256").unlink(),
    "half a checksum": lambda path: truncate(path / "manifest.sha256", 0.5),
    "a link": lambda path: link(path / "state.npz", "/dev/zero"),
    "a manifest that is a link": lambda path: link(path / "manifest.json", "other"),
    "a checksum that is a link": lambda path: link(path / "manifest.sha256", "other"),
    "a pipe": lambda path: pipe(path / "state.npz"),
    **{
        f"cut to {share}": lambda path, share=share: truncate(path / "state.npz", share)
        for share in (0.0, 0.1, 0.5, 0.9, 0.999)
    },
    **{
        f"byte at {share}": lambda path, share=share: flip_byte(
            path / "state.npz", int(share * (path / "state.npz").stat().st_size)
        )
        for share in (0.0, 0.15, 0.3, 0.6, 0.75, 0.9)
    },
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_passed_over_and_kept(tmp_path, damage):
    write_steps(tmp_path, 1, 2)
    DAMAGES[damage](tmp_path / "step-000000002")
    message = r"step 2 in .* is corrupt \(.*\), using step 1 instead"
    with pytest.warns(UserWarning, match=message):
        found = checkpoint.read_latest(tmp_path)
    assert (found.step, found.rejected) == (1, (2,))
    assert checkpoint.steps(tmp_path) == [1, 2]


def link(path, target):
    """Puts a link in the place of a file; to what it held, unless told otherwise."""
    if target == "other":
        target = path.replace(path.parent.parent / f"other-{path.name}")
    else:
        path.unlink()
    path.symlink_to(target)


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def test_every_flipped_bit_of_the_manifest_is_noticed(tmp_path):
    path = checkpoint.write(tmp_path, 1, tensors(), {"position": {"epoch": 2}})
    for name in ("manifest.json", "manifest.sha256"):
        content = (path / name).read_bytes()
        for bit in range(0, 8 * len(content), 3):
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            (path / name).write_bytes(damaged)
            with pytest.raises(CheckpointError, match="checksum of manifest.json"):
                checkpoint.read(path)
        (path / name).write_bytes(content)
    assert checkpoint.read(path).manifest["position"] == {"epoch": 2}


def test_one_of_the_first_form_is_read(tmp_path):
    path = checkpoint.write(tmp_path, 1, tensors(), {"position": {"epoch": 2}})
    damage_manifest(path, schema=1)
    (path / "manifest.sha256").unlink()
    found = checkpoint.read_latest(tmp_path)
    assert (found.step, found.manifest["position"]) == (1, {"epoch": 2})


def test_every_flipped_byte_of_the_numbers_is_noticed(tmp_path):
    path = checkpoint.write(tmp_path, 1, tensors()) / "state.npz"
    content = path.read_bytes()
    start = content.index(np.full((3, 2), 1.0, "float32").tobytes())
    for position in range(start, start + 24):
        flip_byte(path, position)
        with pytest.raises(CheckpointError, match="generator/0/kernel|CRC"):
            checkpoint.read(path.parent)
        path.write_bytes(content)


def test_a_wrong_checksum_names_the_tensor(tmp_path):
    path = checkpoint.write(tmp_path, 1, tensors())
    declared = json.loads((path / "manifest.json").read_text())["tensors"]
    declared["seed"]["sha256"] = "0" * 64
    damage_manifest(path, tensors=declared)
    with pytest.raises(CheckpointError, match="checksum of `seed` is wrong"):
        checkpoint.read(path)


def test_all_damaged(tmp_path):
    write_steps(tmp_path, 1, 2)
    for step in (1, 2):
        truncate(tmp_path / f"step-{step:09d}" / "state.npz", 0.5)
    with pytest.raises(CheckpointError, match="No usable .*step 2 is.*step 1 is"):
        checkpoint.read_latest(tmp_path)


def test_a_newer_schema_is_refused_not_taken_for_damage(tmp_path):
    write_steps(tmp_path, 1, 2)
    damage_manifest(tmp_path / "step-000000002", schema=99)
    with pytest.raises(CheckpointError, match="at most 2.* Received: schema=99"):
        checkpoint.read_latest(tmp_path)


def test_check_runs_before_the_numbers_are_read(tmp_path):
    path = checkpoint.write(tmp_path, 1, tensors())
    (path / "state.npz").unlink()

    def check(manifest, shapes):
        assert manifest["step"] == 1
        assert shapes["generator/0/kernel"] == ((3, 2), "float32")
        raise KeyError("refused")

    with pytest.raises(KeyError, match="refused"):
        checkpoint.read_latest(tmp_path, check)


def test_a_tensor_declared_larger_than_the_file_is_not_allocated(tmp_path):
    path = checkpoint.write(tmp_path, 1, {"x": np.zeros(4, "float32")})
    entry = json.loads((path / "manifest.json").read_text())["tensors"]["x"]
    damage_manifest(path, tensors={"x": {**entry, "shape": [2**40]}})
    with pytest.raises(CheckpointError, match="size of `x` is not the declared one"):
        checkpoint.read(path)


def test_a_compressed_bomb_is_refused(tmp_path):
    path = checkpoint.write(tmp_path, 1, {"x": np.zeros(2**20, "uint8")})
    with zipfile.ZipFile(path / "state.npz") as archive:
        content = archive.read("x.npy")
    with zipfile.ZipFile(path / "state.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(CheckpointError, match="size of `x` is not the declared one"):
        checkpoint.read(path)


@pytest.mark.parametrize("header", ["float64", "object"])
def test_a_header_of_another_type_is_refused(tmp_path, header):
    path = checkpoint.write(tmp_path, 1, {"x": np.zeros(4, "uint64")})
    content = (path / "state.npz").read_bytes()
    old, new = {"float64": (b"'<u8'", b"'<f8'"), "object": (b"'<u8'", b"'|O' ")}[header]
    changed = content.replace(old, new)
    assert changed != content
    with zipfile.ZipFile(path / "state.npz") as archive:
        member = archive.read("x.npy").replace(old, new)
    with zipfile.ZipFile(path / "state.npz", "w") as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(CheckpointError, match="header of `x` is not the declared one"):
        checkpoint.read(path)


def test_assign_gives_every_variable_its_tensor():
    state = {k: v for k, v in tensors(2.0).items() if k not in ("seed", "empty")}
    target = variables({name: value * 0 for name, value in state.items()})
    checkpoint.assign(target, state)
    for name, variable in target.items():
        np.testing.assert_array_equal(as_numpy(variable), state[name])


def test_assign_lists_all_that_does_not_fit_and_assigns_nothing():
    target = variables(
        {name: np.zeros(2, "float32") for name in ("fits", "absent", "shape", "dtype")}
    )
    given = {
        "fits": np.ones(2, "float32"),
        "shape": np.ones(3, "float32"),
        "dtype": np.ones(2, "int32"),
        "more": np.ones(2, "float32"),
    }
    with pytest.raises(CheckpointError) as caught:
        checkpoint.assign(target, given)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert lines == [
        "dtype of dtype: int32, the model has float32",
        "missing: absent",
        "shape of shape: (3,), the model has (2,)",
        "unknown: more",
    ]
    assert not any(as_numpy(variable).any() for variable in target.values())


def test_seed_states_of_another_backend_are_cast_if_asked():
    target = {"seed": keras.Variable(np.zeros(2, "int32"), trainable=False)}
    given = {"seed": np.array([3, 2**32 - 1], "uint32")}
    with pytest.raises(CheckpointError, match="dtype of seed: uint32"):
        checkpoint.assign(target, given)
    checkpoint.assign(target, given, cast_integers=True)
    np.testing.assert_array_equal(as_numpy(target["seed"]), [3, -1])
