"""Files and copies of subclasses keep the arguments of the whole line of classes."""

import copy
import pickle

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE
from tests.training.tiny import TinyGAN


@keras.saving.register_keras_serializable("kerasgen_tests")
class Child(TinyGAN):
    """Names some arguments of its parent, hands others on, sets one, and adds two."""

    def __init__(self, image_shape, gain=2.0, parts=(1,), **kwargs):
        super().__init__(image_shape, seed=5, **kwargs)
        self.kept_gain, self.parts = gain, [object() for _ in parts]


@keras.saving.register_keras_serializable("kerasgen_tests")
class Grandchild(Child):
    def __init__(self, **kwargs):
        super().__init__((4, 4, 1), **kwargs)


@keras.saving.register_keras_serializable("kerasgen_tests")
class Closed(TinyGAN):
    """Takes nothing of its parents."""

    def __init__(self, width=3):
        super().__init__((4, 4, 1), width, name="its_own", dtype="float32")
        self.width = width


def _copies(model, folder):
    model.save(folder / "model.keras")
    yield keras.models.load_model(folder / "model.keras")
    yield type(model).from_config(model.get_config())
    yield pickle.loads(pickle.dumps(model))
    yield copy.deepcopy(model)
    yield keras.models.clone_model(model)


def test_arguments_of_parents_are_kept(tmp_path):
    given = dict(latent_dim=3, rate=0.5, num_classes=2, latent_distribution="uniform")
    for model in (
        Child((4, 2, 1), gain=3.0, parts=[4, 5], name="mine", **given),
        Grandchild(gain=3.0, parts=[4, 5], name="mine", **given),
    ):
        for other in _copies(model, tmp_path):
            found = {name: getattr(other, name) for name in given}
            assert found == given
            assert (other.kept_gain, len(other.parts)) == (3.0, 2)
            assert (other.name, other.seed) == ("mine", 5)
            assert other.image_shape == model.image_shape
            assert other.get_config() == model.get_config()


def test_a_class_that_hands_nothing_on_is_given_nothing_else(tmp_path):
    for other in _copies(Closed(2), tmp_path):
        assert (other.latent_dim, other.name) == (2, "its_own")
        assert other.get_config() == {"width": 2}


def test_a_models_own_arguments_are_what_they_were():
    class Half(VAE):
        def __init__(self, image_shape, gain=2.0, **kwargs):
            super().__init__(image_shape, **kwargs)
            self.gain = gain

    model = Half((8, 8, 1), kl_weight=4, binarization="threshold")
    config = model.get_config()
    assert (config["kl_weight"], config["binarization"]) == (4, "threshold")
    assert Half.from_config(config).kl_weight == 4


def test_what_a_file_cannot_hold_is_refused_at_once():
    with pytest.raises(TypeError, match="`gain` must be .*get_config.*Received: gain="):
        Child((4, 4, 1), gain=keras.layers.Dense(1))

    class Rows(TinyGAN):
        def __init__(self, *rows):
            super().__init__()

    with pytest.raises(TypeError, match="`rows` must be"):
        Rows(1, 2)

    class Overridden(TinyGAN):
        def __init__(self, start, **kwargs):
            super().__init__(**kwargs)
            self.start = start

        def get_config(self):
            return {**super().get_config(), "start": self.start.tolist()}

    model = Overridden(np.ones(2), rate=0.5)
    assert model.get_config()["start"] == [1.0, 1.0]
    assert model.get_config()["rate"] == 0.5
