"""Wrong arguments end at once, by one rule of wording, at every entry."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.backend import declared
from kerasgen.callbacks import ModelAverage
from kerasgen.data import load
from tests.training.tiny import TinyGAN

IMAGES = np.zeros((4, 4, 4, 1), "uint8")


@pytest.fixture(scope="module")
def model():
    model = TinyGAN()
    model.compile()
    return model


class Empty(keras.utils.PyDataset):
    def __len__(self):
        return 0

    def __getitem__(self, index):
        raise IndexError


FIT = {
    "epochs": (-1, 1.5, "2"),
    "initial_epoch": (-1,),
    "validation_freq": (0, "1"),
    "verbose": ("loud", 3),
    "batch_size": (0, -1, 2.5),
    "steps_per_epoch": (0,),
    "validation_steps": (0,),
    "validation_batch_size": (0,),
    "callbacks": ("early", [None], [keras.callbacks.History], [print]),
}


@pytest.mark.parametrize("name", FIT)
def test_fit(model, name):
    for value in FIT[name]:
        with pytest.raises((ValueError, TypeError), match=f"`{name}` must .*Received"):
            model.fit(IMAGES, **{"verbose": 0, "batch_size": 2, name: value})
    assert not int(model.steps.value)


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_evaluate_and_predict(model, method):
    x = IMAGES if method == "evaluate" else np.zeros((2, 2), "float32")
    for name in ("batch_size", "verbose"):
        for value in FIT[name]:
            with pytest.raises((ValueError, TypeError), match=f"`{name}` must "):
                getattr(model, method)(x, **{name: value})


@pytest.mark.parametrize(
    "x",
    [3, "digits", None, print, load, {"x": IMAGES}, [IMAGES], (IMAGES,) * 3, Empty()],
    ids="number name none builtin function dict list triple empty".split(),
)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_what_is_no_data(model, method, x):
    with pytest.raises((ValueError, TypeError), match="`x` must .*Received: x of"):
        getattr(model, method)(x)
    if method == "fit" and not (x is None or isinstance(x, list)):
        with pytest.raises((ValueError, TypeError), match="must .*Received: "):
            model.fit(IMAGES, validation_data=x, verbose=0)


def test_seeds_and_decays_that_cannot_be():
    for seed in (2**63, 2**31, -1, 1.0):
        with pytest.raises(
            (ValueError, TypeError), match="`seed` must .*Received: seed"
        ):
            TinyGAN(seed=seed)
    for decay in (1.0, 1, -0.1):
        with pytest.raises(ValueError, match=r"`average_decay` must .*Received: "):
            TinyGAN().compile(average_decay=decay)
        with pytest.raises(ValueError, match=r"`decay` must .*Received: decay="):
            ModelAverage(decay)
    for name, value in {"run_eagerly": "yes", "jit_compile": "often"}.items():
        with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
            TinyGAN().compile(**{name: value})


def test_samples_that_no_memory_holds(model):
    with pytest.raises(ValueError, match="`num_samples` images must fit .* GiB"):
        model.sample(10**12)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="`latents` must be finite. Received"):
            model.sample(2, latents=np.full((2, 2), bad))


@pytest.mark.parametrize(
    "name, image_shape, sizes",
    [
        ("autoencoders/vae", (28, 28, 1), {"hidden_widths": (10**8,)}),
        ("autoencoders/vae", (40000, 40000, 3), {}),
        ("autoencoders/vqvae", (32, 32, 3), {"num_codes": 10**10}),
        ("gans/dcgan", (64, 64, 3), {"filters": 10**6}),
    ],
)
def test_models_that_no_memory_holds(name, image_shape, sizes):
    with pytest.raises(ValueError, match="variables must fit .* GiB are free.* GiB$"):
        kerasgen.get_model(name)(image_shape, **sizes)


def test_a_large_model_is_the_same_with_its_variables_counted(monkeypatch):
    def weights():
        keras.utils.set_random_seed(1)
        model = kerasgen.autoencoders.VAE((4, 4, 1), hidden_widths=(600,))
        return [(v.path, keras.ops.convert_to_numpy(v)) for v in model.variables]

    counted = weights()
    monkeypatch.setattr(declared, "_LARGE_SIZE", 1000)
    for (path, value), (other, expected) in zip(counted, weights(), strict=True):
        assert path == other
        np.testing.assert_array_equal(value, expected)
