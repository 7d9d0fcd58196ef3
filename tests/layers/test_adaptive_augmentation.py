"""Adaptive augmentation: its matrices, its images and its probability."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.adaptive_augmentation import AdaptiveAugmentation
from kerasgen.training.generative_model import GenerativeModel
from tests.layers.augmentation_checks import check_gradients, check_saving, uniform

pytestmark = pytest.mark.every_backend

X = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 6, 6, 3)).astype("float32")
NEVER, ALWAYS = 0.9, 0.0  # draws above and below a probability of 0.5
GATES = [1, 3, 4, 8, 10, 12, 14, 15, 19, 21, 23, 25, 27]
(FLIP, TURN, MOVE, SCALE, ROTATE, STRETCH, ROTATE_AFTER, SHIFT) = GATES[:8]
(BRIGHTNESS, CONTRAST, LUMA, HUE, SATURATION) = GATES[8:]


def augmentation(p=0.5, **kwargs):
    layer = AdaptiveAugmentation(**kwargs)
    layer.probability.assign(p)
    return layer


def draws(**columns):
    """Returns the draws of one image in which what is named happens alone."""
    u = np.full((1, 28), 0.5, "float32")
    u[0, GATES] = NEVER
    for name, values in columns.items():
        gate = globals()[name]
        u[0, gate] = ALWAYS
        places = [gate + 1, gate + 2] if name in ("MOVE", "SHIFT") else [gate - 1]
        u[0, places] = values
    return u


def transformed(layer, u, x):
    return ops.convert_to_numpy(layer.transform(ops.convert_to_tensor(x), u))


def of_each(x, *cases, **kwargs):
    """Returns what becomes of one image in each case, in one call."""
    u = np.concatenate([draws(**case) for case in cases])
    return transformed(augmentation(**kwargs), u, np.repeat(x[None], len(cases), 0))


def normal(value):
    """Returns the uniform draw that becomes `value` of a standard normal."""
    half = ops.erf(ops.convert_to_tensor(np.float32(value / np.sqrt(2.0))))
    return (1.0 + float(ops.convert_to_numpy(half))) / 2.0


# === Images ===


@pytest.mark.parametrize("shape", [(4, 6, 6, 3), (4, 1, 3, 2)])
def test_at_probability_zero_images_are_the_same(shape):
    x = np.random.default_rng(1).uniform(0.0, 255.0, shape).astype("float32")
    layer = augmentation(0.0, value_range=(0.0, 255.0))
    np.testing.assert_array_equal(transformed(layer, uniform(4, 28), x), x)
    seeded = layer(x, seed=keras.random.SeedGenerator(1))
    np.testing.assert_array_equal(ops.convert_to_numpy(seeded), x)


def test_flips_turns_and_whole_shifts_are_those_of_numpy():
    right, down = 0.99, 0.01  # 6 * 0.125 * 0.98 rounds to 1 pixel
    x, both = X[0], {"FLIP": 0.6, "TURN": 0.3}
    turns = [{"TURN": u} for u in (0.1, 0.3, 0.6, 0.9)]  # counterclockwise
    moves = {"MOVE": [right, 0.5]}, {"MOVE": [0.5, down]}
    found = of_each(x, {"FLIP": 0.4}, {"FLIP": 0.6}, both, *turns, *moves)
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode="reflect")
    expected = [x, x[:, ::-1], np.rot90(x[:, ::-1])]
    expected += [np.rot90(x, i) for i in range(4)] + [padded[1:7, :6], padded[2:, 1:7]]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.any_backend
def test_wide_images_turn_by_half_a_circle_and_move_further_to_the_side():
    x = np.random.default_rng(2).normal(size=(3, 17, 2)).astype("float32")
    found = of_each(x, {"TURN": 0.4}, {"TURN": 0.6}, {"MOVE": [0.99, 0.5]})
    padded = np.pad(x, ((0, 0), (2, 2), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(found, [x, x[::-1, ::-1], padded[:, :17]])


@pytest.mark.any_backend
def test_each_geometric_transformation_by_itself():
    ramp = np.arange(17.0) - 8.0
    x = np.stack(np.broadcast_arrays(ramp, ramp[:, None]), axis=-1)
    places = x[6:11, 6:11]  # each pixel is its place, right and down of the centre
    up, turn = normal(2.0), np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2.0)
    cases = [
        ({"SCALE": up}, places / 2.0**0.4),
        ({"STRETCH": up}, places * [2.0**-0.4, 2.0**0.4]),
        # By 90 degrees, counterclockwise and back.
        ({"ROTATE": 0.75}, np.stack([-places[..., 1], places[..., 0]], axis=-1)),
        ({"ROTATE_AFTER": 0.25}, np.stack([places[..., 1], -places[..., 0]], axis=-1)),
        # What happens first stands at the right of the product.
        (
            {"ROTATE": 0.625, "STRETCH": up, "ROTATE_AFTER": 0.375},
            places @ np.linalg.inv(turn @ np.diag([2.0**0.4, 2.0**-0.4]) @ turn.T).T,
        ),
        ({"SHIFT": [normal(1.0), normal(-0.5)]}, places - [17 / 8, -17 / 16]),
        (
            {"SCALE": up, "SHIFT": [normal(0.8), 0.5]},
            (places - [1.7, 0.0]) / 2.0**0.4,
        ),
    ]
    geometry, expected = zip(*cases, strict=True)
    found = of_each(x.astype("float32"), *geometry, transformations="g")
    np.testing.assert_allclose(found[:, 6:11, 6:11], expected, atol=2e-4)


def test_colours_by_their_definitions():
    x = X[0].astype("float64")
    grey = x.mean(axis=-1, keepdims=True)
    cases = {
        "BRIGHTNESS": (normal(1.5), x + 0.3),
        "CONTRAST": (normal(-2.0), x / 2.0),
        "LUMA": (0.7, x - 2.0 * grey),
        "HUE": (5.0 / 6.0, np.roll(x, 1, axis=-1)),  # a third of the circle
        "SATURATION": (normal(1.0), grey + 2.0 * (x - grey)),
    }
    y = (x + 0.3) / 2.0
    y = np.roll(y - 2.0 * y.mean(axis=-1, keepdims=True), 1, axis=-1)
    together = y + (y - y.mean(axis=-1, keepdims=True))
    single = [{name: draw} for name, (draw, _) in cases.items()]
    every = {name: draw for name, (draw, _) in cases.items()}
    expected = [value for _, value in cases.values()] + [together, x]
    found = of_each(X[0], *single, every, {"LUMA": 0.2})
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found[-1], X[0])
    other = of_each((X[0] + 1.0) / 2.0, *single, every, value_range=(0.0, 1.0))
    np.testing.assert_allclose(other, (found[:-1] + 1.0) / 2.0, atol=1e-6)


@pytest.mark.any_backend
def test_one_channel_has_brightness_contrast_and_lightness():
    x = X[0, ..., :1]
    none = {"HUE": 0.7, "SATURATION": 0.9}
    found = of_each(x, none, {"LUMA": 0.7}, {"BRIGHTNESS": normal(1.5)})
    np.testing.assert_array_equal(found[0], x)
    np.testing.assert_allclose(found[1:], [-x, x + 0.3], atol=1e-5)


@pytest.mark.any_backend
def test_a_hue_keeps_the_lightness_and_the_distance_from_grey():
    (found,), x = of_each(X[0], {"HUE": 0.6}), X[0]
    assert np.abs(found - x).max() > 0.1
    mean = x.mean(axis=-1)
    np.testing.assert_allclose(found.mean(axis=-1), mean, atol=1e-6)
    distance = np.linalg.norm(x - mean[..., None], axis=-1)
    turned = np.linalg.norm(found - mean[..., None], axis=-1)
    np.testing.assert_allclose(turned, distance, atol=1e-5)


@pytest.mark.any_backend
def test_each_happens_as_often_as_the_probability_says():
    ramp = np.linspace(0.0, 1.0, 3 * 5 * 5).reshape(1, 5, 5, 3).astype("float32")
    x, count = np.repeat(ramp, 500, axis=0), 500
    for kinds, free in (("b", [FLIP]), ("g", [SCALE]), ("c", [BRIGHTNESS])):
        for p in (0.2, 1.0, 1.5):
            u = uniform(count, 28)
            u[:, [gate for gate in GATES if gate not in free]] = 1.0  # never at p = 1
            if p > 1.0:
                u = uniform(count, 28)
            u[:, 0] = 0.9  # flips are flips
            found = transformed(augmentation(p, transformations=kinds), u, x)
            changed = np.any(found != x, axis=(1, 2, 3)).mean()
            expected = min(p, 1.0)
            deviation = np.sqrt(expected * (1.0 - expected) / count)
            allowed = 5.0 * deviation + 0.1 * (p > 1.0)  # some flips are turned back
            assert abs(changed - expected) <= allowed, (kinds, p)


@pytest.mark.any_backend
def test_one_of_the_two_turns_happens_with_the_probability():
    u = uniform(2000, 28)
    u[:, [gate for gate in GATES if gate not in (ROTATE, ROTATE_AFTER)]] = NEVER
    x = np.repeat(X[:1, :2, :2, :1], 2000, axis=0)
    found = transformed(augmentation(0.3, transformations="g"), u, x)
    changed = np.any(found != x, axis=(1, 2, 3)).mean()
    assert abs(changed - 0.3) < 4.0 * np.sqrt(0.3 * 0.7 / 2000)


@pytest.mark.any_backend
def test_images_of_a_batch_do_not_meet_and_each_has_draws_of_its_own():
    layer, u = augmentation(), uniform(4, 28)
    together = transformed(layer, u, X)
    for i in range(4):
        alone = transformed(layer, u[i : i + 1], X[i : i + 1])
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-6)
    layer.probability.assign(1.0)
    seed, same = keras.random.SeedGenerator(1), np.repeat(X[:1], 8, axis=0)
    first = ops.convert_to_numpy(layer(same, seed=seed))
    assert len(np.unique(first[:, 2, 3, 1])) == 8
    assert (first != ops.convert_to_numpy(layer(same, seed=seed))).any()


def test_gradients_of_both_orders():
    check_gradients(augmentation(0.8), X[:2])


# === Probability ===


def state(layer):
    return float(backend.to_numpy(layer.probability))


def test_the_probability_moves_after_each_interval_by_the_images_seen():
    layer = AdaptiveAugmentation(target=0.6, interval=2, images=100)
    assert state(layer) == 0.0
    layer.observe(np.float32([[3.0], [0.5], [2.0], [0.1]]))
    assert state(layer) == 0.0
    layer.observe(np.float32([[1.0], [1.0]]))  # a mean sign of 1: of 6 images
    assert state(layer) == pytest.approx(0.06)
    layer.observe(np.ones((4, 1), "float32"))
    assert state(layer) == pytest.approx(0.06)
    layer.observe(np.float32([[1.0], [-9.0], [1.0], [1.0]]))  # 6/8 > 0.6
    assert state(layer) == pytest.approx(0.14)
    for _ in range(2):
        layer.observe(np.float32([[9.0], [-0.1], [9.0], [9.0]]))  # 1/2 < 0.6
    assert state(layer) == pytest.approx(0.06)
    for _ in range(2):
        layer.observe(-np.ones((4, 1), "float32"))
    assert state(layer) == 0.0, "never below 0"
    for _ in range(2 * 20):
        layer.observe(np.ones((4, 1), "float32"))
    assert state(layer) == pytest.approx(1.6), "no bound above"


@pytest.mark.any_backend
def test_of_maps_of_scores_the_mean_sign_counts_and_at_the_target_nothing_moves():
    layer = AdaptiveAugmentation(target=0.5, interval=1, images=10)
    scores = np.ones((2, 2, 4, 1), "float32")
    layer.observe(scores)
    assert state(layer) == pytest.approx(0.2)
    scores[0, 0] = -1.0  # a mean sign of 1/2
    layer.observe(scores)
    assert state(layer) == pytest.approx(0.2)


def test_the_step_of_the_paper():
    layer = AdaptiveAugmentation()
    for _ in range(4):
        layer.observe(np.ones((64, 1), "float32"))
    assert state(layer) == pytest.approx(64 * 4 / 500_000)


class Judge(GenerativeModel):
    """Learns a scale of images behind an augmentation, which watches its scores."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.image_shape = (4, 4, 1)
        self.augmentation = AdaptiveAugmentation(interval=2, images=16)
        self.judge = keras.layers.Dense(1, kernel_initializer="ones")
        self.judge.build((None, 16))
        self.add_phase("judge", self.judge, scalars=("loss", "penalty"))

    def compute_losses(self, phase, x, labels, training):
        def scores(x):
            seen = self.augmentation(x, seed=self.draw_seed(training))
            return self.judge(ops.reshape(seen, (-1, 16)))

        slopes = backend.input_gradient(scores, x)
        penalty = ops.mean(ops.sum(ops.square(slopes), axis=(1, 2, 3)))
        said = scores(x)
        if training:
            self.augmentation.observe(said)
        loss = ops.mean(ops.softplus(-said)) + penalty
        return {"loss": loss, "penalty": penalty}

    def default_optimizers(self):
        return {"judge": keras.optimizers.SGD(0.0)}


def test_it_works_in_a_compiled_step():
    model = Judge(seed=1)
    model.compile()
    x = np.full((8, 4, 4, 1), 255, "uint8")
    penalties = []
    for _ in range(4):
        penalties.append(model.train_on_batch(x, return_dict=True)["penalty"])
        if len(penalties) == 2:
            assert state(model.augmentation) == pytest.approx(1.0)
    assert penalties[0] == pytest.approx(16.0), "nothing happens at 0"
    assert abs(penalties[2] - 16.0) > 0.1, "images are augmented at 1"
    assert not model.augmentation.trainable_variables


# === The rest ===


def test_dtypes_and_saving():
    layer = augmentation(
        0.7, interval=3, transformations="cb", value_range=(0.0, 1.0), name="adaptive"
    )
    layer.observe(np.ones((4, 1), "float32"))
    again = check_saving(layer, X)
    assert (again.interval, again.transformations) == (3, "cb")
    for one, other in zip(layer.variables, again.variables, strict=True):
        assert backend.to_numpy(one) == backend.to_numpy(other)
    layer = augmentation(0.7, dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(layer(X, seed=1).dtype) == "float32"
    x = ops.cast(X, "bfloat16")
    assert layer(x, seed=1).dtype == x.dtype


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "kwargs",
    [
        {"transformations": "bgx"},
        {"transformations": "bb"},
        {"transformations": ""},
        {"transformations": None},
        {"target": 2.0},
        {"interval": 0},
        {"images": 0},
        {"value_range": (1.0, 1.0)},
    ],
)
def test_checks(kwargs):
    (name,) = kwargs
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
        AdaptiveAugmentation(**kwargs)
