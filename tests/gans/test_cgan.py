"""CGAN: the paper's networks; what a label changes in both players, and what not."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.data import Dataset
from kerasgen.gans.cgan import CGAN
from kerasgen.layers.dropout import Dropout
from kerasgen.layers.maxout import Maxout
from tests.conformance import check_model

SMALL = {
    "latent_dim": 2,
    "generator_units": (4, 5, 6),
    "discriminator_units": (3, 2, 4),
    "pieces": (2, 3, 2),
}
X = np.random.default_rng(0).uniform(size=(3, 4, 4, 1)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def make(**kwargs):
    return CGAN((4, 4, 1), 3, **SMALL, seed=0, **kwargs)


def of_labels(model, player):
    """Returns the layer of a player that sees the labels alone."""
    kind = layers.Dense if player == "generator" else Maxout
    network = getattr(model, player)
    return next(
        x
        for x in network.layers
        if isinstance(x, kind) and x.kernel.shape[0] == model.num_classes
    )


def answers(model, player):
    """Returns what a player makes of the same inputs with each label, `(3, n)`."""
    x = X if player == "discriminator" else np.ones((3, 2), "float32")
    method = model.discriminate if player == "discriminator" else model.generate
    found = [array(method(x[:1], np.int32([label]), False)) for label in range(3)]
    return np.reshape(found, (3, -1))


def test_contract():
    check_model(
        CGAN,
        {
            **SMALL,
            "image_shape": (4, 6, 2),
            "num_classes": 3,
            "dropout": 0.25,
            "generator_dropout": 0.125,
            "latent_distribution": "normal",
        },
        excluded=("attributes",),
    )


@pytest.mark.any_backend
def test_paper_networks():
    """Section 4.1: ReLU 200, 1000 and 1200; maxout 240x5, 50x5 and 240x4."""
    model = CGAN((28, 28, 1), 10)
    dense = [x for x in model.generator.layers if isinstance(x, layers.Dense)]
    shapes = sorted(tuple(x.kernel.shape) for x in dense)
    assert shapes == [(10, 1000), (100, 200), (1200, 784), (1200, 1200)]
    maxout = [x for x in model.discriminator.layers if isinstance(x, Maxout)]
    found = sorted((x.kernel.shape[0], x.units, x.pieces) for x in maxout)
    assert found == [(10, 50, 5), (290, 240, 4), (784, 240, 5)]
    for network in (model.generator, model.discriminator):
        rates = [x.rate for x in network.layers if isinstance(x, Dropout)]
        assert rates == [0.5] * 3
    assert model.latent_range == (0.0, 1.0)
    optimizer = model.default_optimizers()["generator"]
    for step in (0, 1000, 100_000):
        rate = float(array(optimizer._learning_rate(step)))
        assert rate == pytest.approx(0.1 * 1.00004**-step, rel=1e-4)


@pytest.mark.any_backend
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_labels_change_the_output_and_equal_embeddings_do_not(player):
    model = make()
    found = answers(model, player)
    assert np.all(np.any(found[1:] != found[0], axis=1))
    layer = of_labels(model, player)
    rows = array(layer.kernel)
    layer.kernel.assign(np.repeat(rows[:1], 3, axis=0))
    found = answers(model, player)
    np.testing.assert_array_equal(found[1:], found[[0, 0]])


@pytest.mark.any_backend
def test_players_see_labels_as_well_as_the_rest_from_the_start():
    """Of one-hot labels Glorot's kernels would move a third and less as much."""
    rng = np.random.default_rng(0)
    for player, size in (("generator", (100,)), ("discriminator", (8, 8, 1))):
        model = CGAN((8, 8, 1), 10, seed=0)
        network = getattr(model, player)
        x = rng.uniform(size=(40, *size)).astype("float32")
        labels = np.tile(np.eye(10, dtype="float32"), (40, 1))
        said = array(network((np.repeat(x, 10, axis=0), labels)))
        said = said.reshape(40, 10, -1)
        by_labels = said.mean(axis=0).std(axis=0).mean()
        by_the_rest = said.mean(axis=1).std(axis=0).mean()
        assert 0.5 < by_labels / by_the_rest < 20.0, player


@pytest.mark.any_backend
def test_losses_are_of_pairs_with_their_own_label():
    """The sum of both cross-entropies of `D(x|y)` and `D(G(z|y)|y)` (eq. 2)."""
    model = make(dropout=0.0)
    labels = np.int32([0, 2, 1])
    z = np.random.default_rng(1).uniform(size=(3, 2)).astype("float32")
    model.draw_latents = lambda *args: ops.convert_to_tensor(z)
    found = model.compute_losses("discriminator", X, labels, training=True)
    fake = array(model.generate(z, labels))
    real, made = (array(model.discriminate(x, labels, False)) for x in (X, fake))
    expected = np.mean(np.log1p(np.exp(-real))) + np.mean(np.log1p(np.exp(made)))
    assert float(array(found["loss"])) == pytest.approx(expected, rel=1e-5)
    found = model.compute_losses("generator", X, labels, training=True)
    expected = np.mean(np.log1p(np.exp(-made)))
    assert float(array(found["loss"])) == pytest.approx(expected, rel=1e-5)


@pytest.mark.any_backend
def test_dropout_is_on_in_training_alone_in_both_players():
    model = make()
    labels = np.int32([0, 2, 1])
    z = np.ones((3, 2), "float32")
    for method, x in ((model.generate, z), (model.discriminate, X)):
        one, other, again = (
            array(method(x, labels, training)) for training in (True, False, False)
        )
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(other, again)


@pytest.mark.any_backend
def test_dropout_of_the_generator_may_differ():
    model = make(generator_dropout=0.0)
    for network, rate in ((model.generator, 0.0), (model.discriminator, 0.5)):
        rates = {x.rate for x in network.layers if isinstance(x, Dropout)}
        assert rates == {rate}


@pytest.mark.any_backend
def test_points_of_classes():
    model = CGAN((2,), 2, **SMALL)
    model.compile()
    x, y = np.float32([[3.0, -9.0], [0.5, 2.0]]), np.int32([0, 1])
    assert all(np.isfinite(v) for v in model.train_on_batch(x, y))
    assert model.sample(3, labels=1, seed=0).shape == (3, 2)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"num_classes": 1}, "`num_classes` must be at least 2"),
        ({"pieces": (5, 5)}, "`pieces` must hold three ints"),
        ({"generator_units": 200}, "`generator_units` must hold three ints"),
    ],
)
def test_bad_arguments_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        CGAN(**{"image_shape": (4, 4, 1), "num_classes": 3, **kwargs})


ATTRIBUTES = {"hair": ["dark", "fair"], "kind": 3, "age": (0.0, 90.0)}


def test_attributes_are_a_dict_of_several(tmp_path):
    model = CGAN((4, 4, 1), attributes=ATTRIBUTES, **SMALL, seed=0)
    y = {"hair": np.int32([0, 1, 1]), "kind": np.int32([2, 0, 1])}
    y["age"] = np.float32([0.0, 45.0, 90.0])
    model.compile()
    model.fit(Dataset(X, y, batch_size=3), epochs=2, verbose=0)
    fixed = {"latents": np.ones((3, 2), "float32")}
    old = model.sample(3, {"hair": "fair", "kind": 2, "age": 90}, **fixed)
    mixed = model.sample(3, {"hair": "fair", "kind": 2, "age": [90, 0, 90]}, **fixed)
    np.testing.assert_array_equal(old[[0, 2]], mixed[[0, 2]])
    assert np.abs(old[1] - mixed[1]).max() > 1e-4
    drawn = model.sample(3, **fixed)  # attributes are drawn, too
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-4
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.fields.y == model.fields.y
    ask = {"hair": "fair", "kind": 2, "age": [90, 0, 90]}
    np.testing.assert_array_equal(again.sample(3, ask, **fixed), mixed)


@pytest.mark.any_backend
def test_networks_see_a_row_of_attributes():
    model = CGAN((4, 4, 1), attributes=ATTRIBUTES, **SMALL, seed=0)
    field = model.fields.y
    rows = field.rows({"hair": "fair", "kind": [0, 2], "age": 45}, 2)
    expected = [[0, 1, 1, 0, 0, 0.5], [0, 1, 0, 0, 1, 0.5]]
    np.testing.assert_allclose(rows, expected)
    assert model.call_signature()[1].shape == (None, 6)
    latents = np.ones((2, 2), "float32")
    made = model.to_images(model.generate(latents, rows))
    ask = {"hair": "fair", "kind": [0, 2], "age": 45}
    np.testing.assert_allclose(
        array(made), model.sample(2, ask, latents=latents), rtol=1e-6
    )


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "options, message",
    [
        ({}, "`num_classes` must be given, or `attributes`"),
        ({"num_classes": 3, "attributes": {"a": 2}}, "not both"),
        ({"attributes": {}}, "`attributes` must be a dict from names"),
        ({"attributes": {"a": 1}}, "`a` must be at least 2"),
        ({"attributes": {"a": (1.0, 0.0)}}, "a lower and a higher end"),
    ],
)
def test_conditions_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        CGAN((4, 4, 1), **options, **SMALL)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "labels, message",
    [
        ({"hair": "red", "kind": 0, "age": 1}, "`hair` must be one of"),
        ({"hair": "fair", "kind": 0}, "must be a dict of arrays with the keys"),
        ({"hair": "fair", "kind": [0, 1, 2], "age": 1}, "one entry for each"),
        (3, "must be a dict"),
    ],
)
def test_attributes_of_samples_are_checked(labels, message):
    model = CGAN((4, 4, 1), attributes=ATTRIBUTES, **SMALL, seed=0)
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        model.sample(2, labels)
