"""Two virtual devices give what one gives, under Keras's two ways to share a step."""

import json

import keras
import numpy as np
import pytest

from tests.processes import run_python
from tests.training.tiny import TinyGAN


def _train(devices):
    code = "from tests.training import devices; devices.main({})"
    done = run_python(code.format(devices))
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.skipif(
    keras.backend.backend() == "torch",
    reason="Keras 3.15 shares no step between devices on PyTorch",
)
def test_two_devices_equal_one():
    """`tf.distribute.MirroredStrategy`, `keras.distribution.DataParallel`."""
    one, two = _train(1), _train(2)
    assert (one["devices"], two["devices"]) == (1, 2)
    assert one["steps"] == two["steps"] == 6
    for name, values in one["history"].items():
        np.testing.assert_allclose(two["history"][name], values, atol=1e-6)
    for name, values in one["weights"].items():
        np.testing.assert_allclose(two["weights"][name], values, atol=1e-6)
    # Of adaptive augmentation: as many images as all replicas see.
    assert one["probability"] == two["probability"] > 0.0
    for name, value in one["evaluated"].items():
        assert two["evaluated"][name] == pytest.approx(value, abs=1e-6)
    if "draws" in two:  # replicas must not train on copies of one latent batch
        first, second = two["draws"]
        assert first != second


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch's processes")
def test_several_processes_of_pytorch_are_refused():
    """Keras 3.16 wraps a model for them, around steps that are not ours."""
    import torch.distributed
    from torch.testing._internal.distributed.fake_pg import FakeStore

    model = TinyGAN()
    model.compile()
    images = np.zeros((4, 4, 4, 1), "uint8")
    options = {"rank": 0, "world_size": 2}
    torch.distributed.init_process_group("fake", store=FakeStore(), **options)
    try:
        for train in (model.fit, model.train_on_batch):
            with pytest.raises(ValueError, match="must be 1: .*world size 2"):
                train(images)
    finally:
        torch.distributed.destroy_process_group()
    model.train_on_batch(images)
