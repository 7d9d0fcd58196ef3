"""What an editor, `help` and a notebook see of the models."""

import inspect

import keras
import pytest

import kerasgen
from kerasgen.autoencoders import VAE
from kerasgen.registry import FAMILIES
from tests.training.tiny import TinyGAN

pytestmark = pytest.mark.any_backend

MODELS = kerasgen.list_models()


class Louder(VAE):
    def __init__(self, image_shape, gain=2.0, **kwargs):
        super().__init__(image_shape, **kwargs)
        self.gain = gain


@pytest.mark.parametrize("name", MODELS)
def test_signature_is_the_constructors(name):
    found = inspect.signature(MODELS[name]).parameters
    own = inspect.signature(MODELS[name].__init__).parameters
    for key in (key for key in own if key not in ("self", "kwargs")):
        assert found[key].default == own[key].default
    last = ["seed", "name", "dtype"]
    assert list(found) == [k for k in own if k not in ("self", "kwargs", *last)] + last
    with pytest.raises(TypeError):
        inspect.signature(MODELS[name]).bind(no_such_argument=1)


def test_signature_of_a_subclass_has_what_it_hands_on():
    found = inspect.signature(Louder)
    assert list(found.parameters)[:3] == ["image_shape", "gain", "latent_dim"]
    assert found.parameters["kl_weight"].default == 1.0
    found.bind((4, 4, 1), gain=1.0, kl_weight=2.0, seed=1)
    found = inspect.signature(TinyGAN)  # of a family base
    assert found.parameters["latent_distribution"].default == "normal"
    for cls in (Louder, TinyGAN):
        model = cls((4, 4, 1), seed=3, name="mine")
        assert (model.seed, model.name) == (3, "mine")


@pytest.mark.parametrize("family", FAMILIES)
def test_dir_of_a_family_lists_its_models(family):
    expected = [cls.__name__ for cls in kerasgen.list_models(family).values()]
    assert dir(getattr(kerasgen, family)) == sorted(expected)


@pytest.mark.parametrize("package", ["callbacks", "data", "explore", "metrics"])
def test_dir_of_a_package_lists_what_is_public(package):
    module = getattr(kerasgen, package)
    assert dir(module) == sorted(module.__all__)


def test_summary_shows_the_parts(capsys):
    model = VAE((4, 3, 1), latent_dim=2, hidden_widths=(5,))
    model.summary(expand_nested=True, print_fn=print)
    text = capsys.readouterr().out
    for part in ("encoder (Sequential)", "decoder (Sequential)", "dense (Dense)"):
        assert part in text
    pytest.importorskip("pydot")
    dot = keras.utils.model_to_dot(model.encoder)
    assert len(dot.get_nodes()) > 2
