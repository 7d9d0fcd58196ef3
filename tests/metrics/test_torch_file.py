"""Files of `torch.save`, read without PyTorch, and what they must not do."""

import collections
import os
import pickle
import sys
import types
import zipfile

import numpy as np
import pytest

from kerasgen.metrics.torch_file import read_torch_file

pytestmark = pytest.mark.any_backend
FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def save(path, value, zipped):
    torch = pytest.importorskip("torch")
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    return path


def saved_state(torch):
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 5), torch.nn.BatchNorm2d(3))
    return module.state_dict()


@FORMATS
def test_a_state_dict_is_read_as_it_was(tmp_path, zipped):
    torch = pytest.importorskip("torch")
    state = saved_state(torch)
    arrays = read_torch_file(save(tmp_path / "a.pth", state, zipped))
    assert list(arrays) == list(state)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, state[name].numpy(), strict=True)
        assert array.flags.writeable and array.flags.c_contiguous


@FORMATS
def test_arrays_of_any_layout_and_kind_are_read(tmp_path, zipped):
    torch = pytest.importorskip("torch")
    whole = torch.arange(24.0).reshape(2, 3, 4)
    state = {
        "transposed": whole.permute(2, 0, 1),
        "part": whole[1, 1:, ::2],
        "spread": torch.ones(1).expand(1),
        "empty": torch.zeros(0, 3),
        "number": torch.tensor(7),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }
    kinds = ("float16", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
    state |= {k: torch.tensor([0, 1, 1]).to(getattr(torch, k)) for k in kinds}
    arrays = read_torch_file(save(tmp_path / "a.pth", state, zipped))
    assert list(arrays) == list(state)
    for name, array in arrays.items():
        expected = state[name].detach().numpy()
        np.testing.assert_array_equal(array, expected, strict=True)


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@FORMATS
@pytest.mark.parametrize("nested", [False, True])
def test_nothing_of_a_pickle_is_run(tmp_path, zipped, nested):
    mark = tmp_path / "mark"
    value = Calls(os.mkdir, str(mark))
    path = save(tmp_path / "a.pth", {"a": value} if nested else value, zipped)
    with pytest.raises(ValueError, match=r"`weights` must .*names (posix|nt)\.mkdir"):
        read_torch_file(path)
    assert not mark.exists()
    pytest.importorskip("torch").load(path, weights_only=False)
    assert mark.exists()  # it would have been


@FORMATS
@pytest.mark.parametrize(
    "value", [[1, 2], {"a": 1}, {"a": {}}, {1: None}, "text", None], ids=repr
)
def test_other_contents_are_refused(tmp_path, zipped, value):
    path = save(tmp_path / "a.pth", value, zipped)
    with pytest.raises(ValueError, match="a dict of arrays and nothing else"):
        read_torch_file(path)


@FORMATS
def test_a_part_of_a_file_is_refused(tmp_path, zipped):
    torch = pytest.importorskip("torch")
    whole = save(tmp_path / "a.pth", saved_state(torch), zipped).read_bytes()
    part = tmp_path / "part.pth"
    for length in range(0, len(whole) - 1, len(whole) // 40):
        part.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="must be a whole file"):
            read_torch_file(part)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"\x80\x02K\x01."])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "a.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"`net` must be .*a\.pth"):
        read_torch_file(path, "net")


def write_pickle(path, monkeypatch, shape, strides, offset=0, count=6, key="0"):
    """Writes a zip file that says of an array what it is told to say."""

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            kind = torch.FloatStorage
            is_numbers = isinstance(value, Storage)
            return ("storage", kind, key, "cpu", count) if is_numbers else None

    # Stand-ins, so that the pickle names what PyTorch would.
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    exec("def _rebuild_tensor_v2(*args): pass", vars(utils))
    utils._rebuild_tensor_v2.__module__ = "torch._utils"
    with monkeypatch.context() as patches:
        patches.setitem(sys.modules, "torch", torch)
        patches.setitem(sys.modules, "torch._utils", utils)
        args = (Storage(), offset, shape, strides, False, collections.OrderedDict())
        with zipfile.ZipFile(path, "w") as archive:
            with archive.open("a/data.pkl", "w") as file:
                value = {"x": Calls(utils._rebuild_tensor_v2, *args)}
                Pickler(file, protocol=2).dump(value)
            archive.writestr("a/data/0", np.arange(6, dtype="<f4").tobytes())
    return path


def test_no_array_reaches_beyond_its_numbers(tmp_path, monkeypatch):
    def write(*args, **kwargs):
        return write_pickle(tmp_path / "a.pth", monkeypatch, *args, **kwargs)

    path = write((2, 3), (3, 1))
    np.testing.assert_array_equal(read_torch_file(path)["x"], [[0, 1, 2], [3, 4, 5]])
    for wrong in (
        {"shape": (2, 3), "strides": (4, 1)},
        {"shape": (2, 3), "strides": (3, 1), "offset": 1},
        {"shape": (2, 3), "strides": (-3, 1)},
        {"shape": (2, 3), "strides": (3, 1), "offset": -1},
        {"shape": (7,), "strides": (0,)},
        {"shape": (7,), "strides": (1,), "count": 7},
        {"shape": (2, 3), "strides": (3,)},
        {"shape": (2.0, 3), "strides": (3, 1)},
        {"shape": (1,), "strides": (1,), "key": "1"},
        {"shape": (1,), "strides": (1,), "key": "../data.pkl"},
    ):
        with pytest.raises(ValueError, match="must be a whole file"):
            read_torch_file(write(**wrong))
