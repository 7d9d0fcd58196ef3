"""The convolutions of a model: which they are, seen and changed."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.explore.convolutions import Pass, calls_changed, rows_of
from kerasgen.explore.passes import seeing
from kerasgen.explore.untrained import untrained

SHAPE = (8, 8, 3)


def images(count=5, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def dcgan(**options):
    options = {"filters": 3, "latent_dim": 2, "seed": 1, **options}
    return kerasgen.gans.DCGAN((16, 16, 3), **options)


def small_network():
    """Two convolutions, one with its own activation, one with layers behind."""
    x = inputs = keras.Input(SHAPE)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="low")(x)
    x = keras.layers.Conv2D(5, 3, strides=2, name="high")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.LeakyReLU(0.1)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(2)(x))


@pytest.mark.every_backend
@pytest.mark.compiled
def test_activations_are_those_behind_normalisation_and_non_linearity():
    model, x = small_network(), images().astype("float32") / 255
    model.layers[3].set_weights(
        [np.full(5, v, "float32") for v in (2.0, 0.5, 0.1, 0.7)]
    )
    found = seeing(model, x)
    assert [(s.name, s.shape) for s in found.stages] == [
        ("low", (6, 6, 4)),
        ("high", (2, 2, 5)),
    ]
    for number, layer in ((0, "low"), (1, model.layers[4].name)):
        direct = keras.Model(model.input, model.get_layer(layer).output)(x)
        (seen,) = rows_of(model, lambda a: found.activations([a], [0, 1]), [x], 5)
        np.testing.assert_allclose(
            seen[number], backend.to_numpy(direct), rtol=1e-5, atol=1e-6
        )


@pytest.mark.every_backend
@pytest.mark.compiled
def test_rows_do_not_depend_on_the_batch():
    found, x = seeing(dcgan(), images(shape=(16, 16, 3))), images(shape=(16, 16, 3))

    def top(a):
        return found.activations([a], [1])[0]

    whole = np.concatenate(list(rows_of(found.model, top, [x], 9)))
    parts = np.concatenate(list(rows_of(found.model, top, [x], 2)))
    assert len(whole) == 5
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.every_backend
@pytest.mark.compiled
def test_outputs_without_a_map_are_those_of_a_network_without_it():
    model, x = small_network(), images().astype("float32") / 255
    found = seeing(model, x)
    keep = np.tile(np.array([1, 0, 1, 1], "float32"), (len(x), 1))
    seen = backend.to_numpy(found.outputs([ops.convert_to_tensor(x)], 0, keep))
    kernel, bias = model.get_layer("high").get_weights()
    kernel = kernel.copy()
    kernel[:, :, 1] = 0
    model.get_layer("high").set_weights([kernel, bias])
    np.testing.assert_allclose(seen, backend.to_numpy(model(x)), rtol=1e-5, atol=1e-6)


def test_convolutions_of_models_are_found():
    x = images(shape=(16, 16, 3))
    spectral = kerasgen.gans.SNGAN((16, 16, 3), 2, filters=2)
    growing = kerasgen.gans.ProGAN((16, 16, 3), 2, filters_base=16)
    autoencoder = kerasgen.autoencoders.VAE(
        (16, 16, 3), 2, architecture="conv", hidden_widths=(3, 4)
    )
    both = kerasgen.autoencoders.VAEGAN((16, 16, 3), hidden_widths=(3, 4))
    assert len(seeing(spectral, x).stages) == 10
    assert len(seeing(growing, x).stages) == 2  # at its smallest image
    assert [s.shape for s in seeing(autoencoder, x).stages] == [(8, 8, 3), (4, 4, 4)]
    names = {part: seeing(both, x, part).stages[0].name for part in PARTS}
    assert names["discriminator"] != names["encoder"]


PARTS = ("discriminator", "encoder")


def test_a_layer_called_twice_has_two_stages():
    shared = keras.layers.Conv2D(3, 3, padding="same", activation="relu")
    x = inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, shared(shared(x)))
    found, given = seeing(model, images()), ops.convert_to_tensor(images() / 255.0)
    given = ops.cast(given, "float32")
    first, second = found.activations([given], [0, 1])
    np.testing.assert_array_equal(
        backend.to_numpy(second), backend.to_numpy(shared(first))
    )


def test_layers_are_as_before_when_something_fails():
    model = small_network()
    before = [dict(layer.__dict__) for layer in model.layers]

    def change(layer, number, call, inputs):
        raise RuntimeError("inside")

    with (
        pytest.raises(RuntimeError, match="inside"),
        calls_changed(model.layers, change),
    ):
        model(np.zeros((1, *SHAPE), "float32"))
    assert [dict(layer.__dict__).keys() for layer in model.layers] == [
        d.keys() for d in before
    ]


def test_a_random_network_is_the_same_for_a_seed_and_normalised():
    model, x = dcgan(), images(40, (16, 16, 3))
    kept = model.get_weights()
    one, same, other = (untrained(model, x, seed=s).model for s in (3, 3, 4))
    for a, b, c in zip(
        one.discriminator.get_weights(),
        same.discriminator.get_weights(),
        other.discriminator.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any() or not a.any()  # a bias starts at 0
    for before, after in zip(kept, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    norm = next(
        layer
        for layer in one.discriminator.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    found = Pass(one, lambda a: one.discriminate(one.preprocess(a), None, False), [x])
    seen = []

    def change(layer, number, call, inputs):
        seen.append(backend.to_numpy(call(*inputs)))
        return call(*inputs)

    with backend.no_gradient(), calls_changed([norm], change):
        found.run(ops.convert_to_tensor(x.astype("float32") / 255))
    gamma, beta, variance = (
        backend.to_numpy(v) for v in (norm.gamma, norm.beta, norm.moving_variance)
    )
    gamma *= np.sqrt(variance / (variance + norm.epsilon))
    np.testing.assert_allclose(seen[0].mean(axis=(0, 1, 2)), beta, atol=1e-3)
    np.testing.assert_allclose(seen[0].std(axis=(0, 1, 2)), gamma, rtol=1e-3)


def test_what_has_no_convolutions_of_images_alone_is_refused():
    x = images(shape=(16, 16, 3))
    with pytest.raises(TypeError, match="must look at images by convolutions"):
        seeing(kerasgen.gans.GAN((16, 16, 3), 2), x)
    with pytest.raises(TypeError, match="must look at images alone"):
        seeing(kerasgen.gans.CycleGAN((24, 24, 3), filters=2), x)
    with pytest.raises(TypeError, match="be a GAN, an autoencoder or a keras.Model"):
        seeing(len, x)
    with pytest.raises(TypeError, match="have an encoder"):
        seeing(dcgan(), x, "encoder")
    with pytest.raises(ValueError, match="`part` must be one of"):
        seeing(dcgan(), x, "generator")
    with pytest.raises(ValueError, match="images of shape"):
        seeing(dcgan(), images())
    for wrong in (2, -3, True, "conv", 1.0):
        with pytest.raises(ValueError, match="`layer` must be one of"):
            seeing(dcgan(), x).choose(wrong)


def test_labels_are_the_same_for_every_image():
    x = images(shape=(16, 16, 3))
    assert seeing(dcgan(num_classes=3), x).is_told
    classes = kerasgen.gans.ACGAN((16, 16, 3), filters=2, num_classes=3)
    found = seeing(classes, x)
    assert not found.is_told  # by the logits of classes alone
    assert found.choose(-1) == found.choose(found.stages[-1].name) == 3
