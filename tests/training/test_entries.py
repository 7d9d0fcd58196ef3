"""Every entry of a model takes the same data, and checks all of it."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.autoencoders import VAE, Autoencoder
from kerasgen.data import Dataset
from tests.conformance import EAGERLY, differing, numpy_state
from tests.training.tiny import TinyGAN

# Keras warns of every generator, whose length it does not know.
pytestmark = pytest.mark.filterwarnings("ignore:Your input ran out of data")
BACKEND = keras.backend.backend()
CLASSES = 3
GREY = np.random.default_rng(0).integers(0, 256, (12, 4, 4), "uint8")
IMAGES = GREY[..., None]
FLOATS = (IMAGES / 255).astype("float32")
LABELS = np.arange(12, dtype="int64") % CLASSES
ARRAYS = ("fit", "evaluate", "train_on_batch", "test_on_batch")


class Batches(keras.utils.PyDataset):
    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return len(self.arrays[0]) // 2

    def __getitem__(self, index):
        return tuple(array[2 * index : 2 * index + 2] for array in self.arrays)


class Source:
    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, indices):
        return self.array[indices]


def dataset(*arrays, wrap=lambda array: array):
    return Dataset(*map(wrap, arrays), batch_size=2, shuffle=False, num_classes=CLASSES)


def tf_data(*arrays):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays).batch(2)


def loader(*arrays):
    import torch

    tensors = torch.utils.data.TensorDataset(*map(torch.from_numpy, arrays))
    return torch.utils.data.DataLoader(tensors, batch_size=2)


KINDS = {
    "generator": lambda *arrays: (b for b in Batches(*arrays)),
    "iterator": lambda *arrays: iter(list(Batches(*arrays))),
    "PyDataset": Batches,
    "source": lambda *arrays: dataset(*arrays, wrap=Source),
}
if BACKEND == "tensorflow":
    KINDS["tf.data"] = tf_data
if BACKEND == "torch":
    KINDS["DataLoader"] = loader


def compiled(cls=TinyGAN, *args, **kwargs):
    model = cls(*args, seed=0, **kwargs)
    model.compile(run_eagerly=EAGERLY)
    return model


@pytest.fixture(scope="module")
def conditional():
    return compiled(num_classes=CLASSES)


def spoiled(array, value, row=9):
    array = array.copy()
    array[row] = value
    return array


BAD = {
    "NaN": ((spoiled(FLOATS, np.nan), LABELS), "must be finite"),
    "0..255": ((spoiled(FLOATS, 200.0), LABELS), r"floats in \[0, 1\]"),
    "no label": ((FLOATS, spoiled(LABELS, -1)), r"`labels` must be in \[0, 2\]"),
    "class": ((FLOATS, spoiled(LABELS, CLASSES)), r"`labels` must be in \[0, 2\]"),
    "wraps to 0": ((FLOATS, spoiled(LABELS, 2**32)), r"`labels` must be in \[0"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_batch_is_refused_before_it_is_trained_on(conditional, kind):
    """In the fifth batch, four steps after the first look."""
    for arrays, message in BAD.values():
        steps = int(conditional.steps.value)
        with pytest.raises(ValueError, match=message):
            conditional.fit(KINDS[kind](*arrays), verbose=0)
        assert int(conditional.steps.value) == steps + 4
    with pytest.raises(ValueError, match=message):
        conditional.evaluate(KINDS[kind](*arrays), verbose=0)


@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("entry", ARRAYS)
def test_every_entry_looks_through_arrays(conditional, entry, fault):
    before = numpy_state(conditional)
    with pytest.raises(ValueError, match=BAD[fault][1].split(" in ")[0]):
        getattr(conditional, entry)(*BAD[fault][0])
    assert not differing(before, numpy_state(conditional))


@pytest.mark.parametrize("entry", [*ARRAYS, "predict", "predict_on_batch", "encode"])
def test_levels_of_their_own_are_refused(entry):
    """Such as scikit-learn's digits, which go from 0 to 16."""
    model = compiled(VAE, (4, 4, 1), latent_dim=2, hidden_widths=(4,))
    with pytest.raises(ValueError, match=r"pass|divide levels by .*x / 16"):
        getattr(model, entry)(IMAGES % 16 + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_reads_all_of_any_data(conditional, kind):
    expected = conditional.evaluate(FLOATS, LABELS, batch_size=2, verbose=0)
    found = conditional.evaluate(KINDS[kind](FLOATS, LABELS), verbose=0)
    assert found == pytest.approx(expected, rel=1e-5)


def test_what_fit_takes_the_others_take():
    """Grey images without a channel, labels as a column or a list."""
    shape, arguments = (4, 4, 1), {"latent_dim": 2, "hidden_widths": (4,)}
    model = compiled(VAE, shape, num_classes=CLASSES, **arguments)
    plain = (IMAGES, LABELS.astype("int32"))
    for labels in (LABELS[:, None], LABELS.tolist(), plain[1]):
        pair = (GREY, labels)
        model.fit(*pair, batch_size=4, verbose=0, validation_data=pair)
        model.fit(Batches(GREY, np.asarray(labels)), verbose=0, validation_data=pair)
        assert model.evaluate(*pair, verbose=0) == model.evaluate(*plain, verbose=0)
        for name in ("encode", "reconstruct", "elbo", "log_prob"):
            method = getattr(model, name)
            np.testing.assert_array_equal(method(*pair), method(*plain), name)
        for name in ("predict", "predict_on_batch"):
            method = getattr(model, name)
            np.testing.assert_allclose(method(pair), method(plain), rtol=1e-6)
        assert np.isfinite(model.test_on_batch(*pair)).all()


@pytest.mark.parametrize("kind", ["arrays", *KINDS])
def test_labels_that_are_not_needed_pass_in_every_kind_of_data(kind):
    model = compiled(TinyGAN)
    make = KINDS.get(kind, lambda *arrays: arrays)
    data = [make(FLOATS, LABELS) for _ in range(3)]
    model.fit(data[0], verbose=0, validation_data=data[1])
    model.evaluate(data[2], verbose=0)


@pytest.mark.parametrize("kind", ["arrays", *KINDS])
def test_what_cannot_be_used_beside_images_is_refused_in_every_kind(kind):
    model = compiled(TinyGAN)
    make = KINDS.get(kind, lambda *arrays: arrays)
    with pytest.raises(ValueError, match="`y` must be None or class labels"):
        model.fit(make(FLOATS, FLOATS), verbose=0)
    if kind not in ("arrays", "source"):
        weights = np.ones(12, "float32")
        with pytest.raises(ValueError, match="`sample_weight` must be None"):
            model.fit(make(FLOATS, LABELS, weights), verbose=0)


@pytest.mark.parametrize(
    "entry, name",
    [(e, "sample_weight") for e in ARRAYS]
    + [("fit", "class_weight"), ("train_on_batch", "class_weight")],
)
def test_weights_are_refused_not_ignored(conditional, entry, name):
    with pytest.raises(ValueError, match=f"`{name}` must be None"):
        getattr(conditional, entry)(FLOATS, LABELS, **{name: np.ones(12)})


@pytest.mark.parametrize("kind", ["arrays", *KINDS])
def test_an_autoencoder_learns_clean_images_from_noisy_ones(kind):
    """The gradient pulls its output to `y`: here all white, whatever `x`."""
    model = Autoencoder((4, 4, 1), latent_dim=2, hidden_widths=(8,), seed=0)
    model.compile(keras.optimizers.Adam(0.05), run_eagerly=EAGERLY)
    make = KINDS.get(kind, lambda *arrays: arrays)
    white = np.ones_like(FLOATS)
    for _ in range(6 if kind in KINDS else 30):
        model.fit(make(FLOATS, white), verbose=0)
    assert model.reconstruct(FLOATS).mean() > 0.9
    right, wrong = (
        model.evaluate(FLOATS, y, verbose=0, return_dict=True)["squared_error"]
        for y in (white, 1 - white)
    )
    assert right < 1.0 < wrong
    with pytest.raises(ValueError, match="`y` must be labels, or targets like `x`"):
        model.fit(FLOATS, white[:, :2], verbose=0)


def test_train_on_batch_makes_one_step_of_the_whole_batch_after_a_fit():
    """`fit` draws five batches a step for the critic; `train_on_batch` has one."""
    sizes = []

    class Sizes(TinyGAN):
        def compute_losses(self, phase, x, labels, training):
            sizes.append(x.shape[0])
            return super().compute_losses(phase, x, labels, training)

    model = Sizes(discriminator_steps=5)
    model.compile(run_eagerly=True, jit_compile=False)
    model.fit(FLOATS[:10], batch_size=2, verbose=0)
    assert set(sizes) == {2}
    sizes.clear()
    model.train_on_batch(FLOATS)
    assert set(sizes) == {12}


def test_sources_that_change_are_refused():
    class Shrinking(Source):
        def __getitem__(self, indices):
            rows = self.array[indices]
            return rows[:-1] if len(indices) > 1 and indices[0] >= 6 else rows

    model = compiled(TinyGAN)
    with pytest.raises(ValueError, match="`images` must return an array of shape"):
        model.fit(dataset(FLOATS, LABELS, wrap=Shrinking), verbose=0)


def test_an_iterator_serves_one_evaluation_only(conditional):
    batches = KINDS["generator"](FLOATS, LABELS)
    with pytest.raises(ValueError, match="`validation_data` must be re-iterable"):
        conditional.fit(
            FLOATS, LABELS, epochs=2, validation_data=batches, batch_size=4, verbose=0
        )
    conditional.fit(FLOATS, LABELS, validation_data=batches, batch_size=4, verbose=0)


def test_predict_of_a_gan_takes_latents():
    model = kerasgen.gans.GAN((4, 4, 1), latent_dim=3)
    assert model.predict(np.zeros((2, 3)), verbose=0).shape == (2, 4, 4, 1)
    for bad in (FLOATS, np.full((2, 3), np.nan)):
        with pytest.raises(ValueError, match="`x` must be"):
            model.predict(bad, verbose=0)
