"""Names of a model's layers: the same whatever else the process has made."""

import keras
import numpy as np

from kerasgen.autoregressive import PixelCNN
from tests.conformance import EAGERLY, differing, numpy_state
from tests.training.tiny import TinyGAN


def paths(model):
    return [variable.path for variable in model.weights]


def test_a_models_names_do_not_depend_on_other_layers():
    first = TinyGAN()
    for _ in range(3):
        keras.layers.Dense(1)
    assert paths(TinyGAN()) == paths(first)


def test_layers_outside_count_on():
    before = keras.layers.Dense(1).name
    TinyGAN()
    after = keras.layers.Dense(1).name
    count = int(before.rpartition("_")[2]) if "_" in before else 0
    assert after == f"dense_{count + 1}"


def test_layers_of_one_model_differ():
    layers = TinyGAN()._flatten_layers(include_self=False)
    names = [layer.name for layer in layers if layer.weights]
    assert len(set(names)) == len(names)


def test_training_is_the_same_however_many_layers_were_made_before():
    images = np.random.default_rng(0).integers(0, 256, (4, 4, 4, 1), "uint8")
    states = []
    for count in (0, 95):
        for _ in range(count):
            keras.layers.Conv2D(1, 1)
            keras.backend.get_uid("masked_conv2d")
        keras.utils.set_random_seed(0)
        model = PixelCNN((4, 4, 1), filters=2, blocks=3, levels=2, seed=0)
        model.compile(run_eagerly=EAGERLY)
        model.train_on_batch(images)
        states.append(numpy_state(model))
    assert not differing(*states)
