"""TensorBoard itself, started over a run, as a browser would ask it."""

import io
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
from PIL import Image

from kerasgen.callbacks import SampleGrid, TensorBoard
from tests.callbacks.tiny import TinyModel, train

pytestmark = pytest.mark.any_backend


# What TensorBoard needs of TensorFlow it has itself, and starts ten seconds earlier.
START = """
import sys; sys.modules["tensorflow"] = None
from tensorboard import main; main.run_main()
"""


class Server:
    """TensorBoard over a folder, asked through its HTTP interface."""

    def __init__(self, folder, log, fast):
        self.log = log
        self.file = open(log, "w")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", START, "--logdir", str(folder)),
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


# The loader of the package tensorboard_data_server, and the one without it.
@pytest.mark.parametrize(
    "fast", ["true", pytest.param("false", marks=pytest.mark.slow)]
)
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
