"""Scores of other data than images, by the kind of what a model draws."""

import math

import numpy as np
import pytest

import kerasgen
from kerasgen import features
from kerasgen.metrics import (
    melody_scores,
    mode_coverage,
    precision_recall,
    score_samples,
    sliced_wasserstein_distance,
    ssim,
)
from kerasgen.metrics.kinds import KINDS, Kind, kind_of, why_none
from kerasgen.metrics.means import mean_figures
from kerasgen.metrics.scored import SampleScore
from kerasgen.metrics.volumes import largest_component_shares, nearest_overlaps

pytestmark = pytest.mark.any_backend


class Drawer:
    """A "model" whose samples are given."""

    num_classes = None

    def __init__(self, samples, feature):
        self.samples, self.fields = samples, features.Fields(feature)

    def sample(self, num_samples, seed=None, batch_size=None):
        return self.samples[:num_samples]


def names(found):
    return [score.name.split(" [")[0] for score in found.scores]


def test_points_are_their_own_features_and_a_mixture_has_modes():
    train, test = (
        kerasgen.data.load("mixture", k, num_examples=300) for k in ("train", "test")
    )
    samples = kerasgen.data.load("mixture", "train", num_examples=200, seed=3).arrays()
    samples = samples[0][samples[0][:, 0] > 0]  # modes of one half plane
    count = len(samples)
    model = Drawer(samples, features.Tensor((2,)))
    found = score_samples(model, test, train, num_samples=count)
    assert names(found) == [
        *("precision", "recall", "density", "coverage", "memorisation_ratio"),
        *("exact_copies", "sliced_wasserstein", "high_quality", "modes", "reverse_kl"),
    ]
    real = test.spread(count)[0]
    expected = precision_recall(real, samples)
    assert found["precision [points]"].value == expected["precision"]
    assert found["recall"].value == expected["recall"] < found["recall"].real
    expected = mode_coverage(samples, test)
    for name in ("modes", "high_quality", "reverse_kl"):
        assert found[name].value == expected[name]
    assert found["modes"].value < found["modes"].real == 8
    assert found["high_quality"].error == expected["high_quality_standard_error"]
    expected = sliced_wasserstein_distance(real, samples)
    score = found["sliced_wasserstein"]
    assert score.value == expected["sliced_wasserstein"] > score.real
    assert f"{count} of mixture, split test" in found.settings["real examples"]
    assert "real examples" in str(found).splitlines()[0]


def test_samples_far_from_all_modes_have_a_reason_in_place_of_a_number():
    test = kerasgen.data.load("mixture", "test", num_examples=50)
    model = Drawer(np.full((50, 2), 9.0, "float32"), features.Tensor((2,)))
    found = score_samples(model, test, num_samples=50, scores=["mode_coverage"])
    assert found["modes"].value == 0 and math.isnan(found["reverse_kl"].value)
    assert "standard deviations of a mode" in found["reverse_kl"].reason
    rows = [x for x in str(found).splitlines() if x.startswith("reverse_kl")]
    assert " nan " in rows[0] and "no sample is within 3" in rows[0]


def test_other_points_have_no_modes():
    points = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    data = kerasgen.data.Dataset(points, shuffle=False)
    model = Drawer(data.arrays()[0], features.Tensor((3,)))
    found = score_samples(model, data, num_samples=40)
    assert "modes" not in names(found) and found.left_out == {
        "memorisation": "without as many training examples as samples"
    }
    with pytest.raises(ValueError, match="no drawn mixture"):
        score_samples(model, data, num_samples=40, scores=["mode_coverage"])


def test_volumes_by_their_overlap_and_their_shape():
    options = {"num_examples": 20, "kinds": "chair", "batch_size": 1}
    train, test = (
        kerasgen.data.load("voxels", k, **options) for k in ("train", "test")
    )
    real, good = (x.arrays()[0] for x in (test, train))
    model = Drawer(good * np.float32(0.6), test.field)
    found = score_samples(model, test, num_samples=20)
    overlaps = mean_figures("overlap", nearest_overlaps(real, good))
    assert found["overlap"].value == overlaps["overlap"]
    assert found["overlap"].error == overlaps["overlap_standard_error"]
    score, shares = found["largest_component"], largest_component_shares(real)
    assert score.real == shares.mean() and score.better == "like real"
    assert found["full_cells"].value == pytest.approx(good.mean())
    assert found["full_cells"].real == pytest.approx(real.mean())
    empty = Drawer(np.zeros_like(good, "float32"), test.field)
    bad = score_samples(empty, test, num_samples=20)
    assert bad["overlap"].value == 0.0 == bad["full_cells"].value
    assert bad["recall [cells]"].value == 0.0


def test_melodies_by_their_measures_in_their_own_units():
    train, test = (
        kerasgen.data.load("melodies", k, 1, num_examples=12, length=8)
        for k in ("train", "test")
    )
    real, good = (x.arrays()[0] for x in (test, train))
    found = score_samples(Drawer(good, test.field), test, train, num_samples=12)
    for x, read in ((good, "value"), (real, "real")):
        channels = {k: test.field.channel(x, k) for k in ("pitch", "intensity", "wait")}
        for name, values in melody_scores(**channels).items():
            value = getattr(found[name], read)
            assert value == pytest.approx(values.mean(), rel=1e-4), name
    assert found["sliced_wasserstein"].name == "sliced_wasserstein [values]"
    assert found["exact_copies"].value == 1.0
    series = features.Series((8, 4))
    rows = [name for name in names(found) if name in KINDS[features.Series].scores]
    assert rows == ["sliced_wasserstein"] and not series.is_melody


def test_tracks_are_compared_by_their_positions():
    feature = features.Tracks(2, 3)
    data = kerasgen.data.Dataset(
        feature.example(30, np.random.default_rng(0)), field=feature, shuffle=False
    )
    far = feature.example(30, np.random.default_rng(1)) * np.float32([9, 9, 1])
    near = score_samples(Drawer(data.arrays()[0], feature), data, num_samples=30)
    found = score_samples(Drawer(far, feature), data, num_samples=30)
    assert near["precision [positions]"].value == 1.0 > found["precision"].value
    assert near["sliced_wasserstein"].value == 0 < found["sliced_wasserstein"].value


# === Translators ===


def test_a_translator_is_scored_by_what_it_makes_of_each_domain():
    generator = np.random.default_rng(0)
    a, b = generator.integers(0, 256, (2, 12, 16, 16, 1), "uint8")
    data = kerasgen.data.unpaired(a, b[:10])
    model = kerasgen.gans.CycleGAN((16, 16, 1), filters=2, blocks=1, depth=1, seed=0)
    options = {"num_samples": 50, "scores": ["ms_ssim"]}
    for to, own in ((None, a), ("a", b[:10])):
        found = score_samples(model, data, data, to=to, **options)
        asked, _ = kerasgen.data.Dataset(own, shuffle=False).spread(10)
        images = np.round(model.translate(asked, to or "b") * 255).astype("uint8")
        expected = kerasgen.metrics.ms_ssim_diversity(images)
        assert found["ms_ssim"].value == pytest.approx(expected["ms_ssim"], abs=1e-3)
        assert f"10 of {data.name}, split all, domain {to or 'b'}" in str(found)
        assert "ssim" not in names(found)
    with pytest.raises(ValueError, match="`to` must be"):
        score_samples(model, data, to="c", **options)


def test_of_pairs_also_how_near_each_comes_to_its_own_target():
    generator = np.random.default_rng(0)
    inputs, targets = generator.integers(0, 256, (2, 9, 16, 16, 1), "uint8")
    data = kerasgen.data.pairs(inputs, targets)
    model = kerasgen.gans.Pix2Pix((16, 16, 1), filters=2, unet_depth=2, depth=1, seed=0)
    found = score_samples(model, data, num_samples=9, scores=["pairs"], seed=5)
    images = np.round(model.translate(inputs, seed=5) * 255).astype("uint8")
    errors = np.abs(images / 255.0 - targets / 255.0).mean(axis=(1, 2, 3))
    assert found["absolute_error"].value == pytest.approx(errors.mean(), abs=2e-3)
    expected = ssim(images, targets).mean()
    assert found["ssim"].value == pytest.approx(expected, abs=2e-3)
    assert found["ssim"].error > 0 and found["ssim"].real is None


# === Which kinds there are ===


def test_a_model_for_whose_data_there_are_no_scores_gets_a_clear_sentence():
    text = features.Text(4, ["", "<unknown>", "a"])
    model = Drawer(np.zeros((9, 4), "int32"), text)
    sentence = why_none(model)
    assert "there are scores of one feature, Image," in sentence
    assert sentence.endswith("Drawer draws Text")
    data = kerasgen.data.Dataset(np.zeros((9, 2), "float32"), shuffle=False)
    with pytest.raises(ValueError, match="whose samples can be scored.* draws Text"):
        score_samples(model, data)
    assert why_none(Drawer(np.zeros((9, 2)), features.Tensor((2,)))) is None
    assert why_none(object()).endswith("object draws nothing")
    twin = kerasgen.gans.CoGAN((8, 8, 1), filters=1)
    assert why_none(twin).endswith("CoGAN draws a (Image) and b (Image)")


def test_another_kind_is_one_entry(monkeypatch):
    class Word(features.Tensor):
        pass

    class Own(features.Feature):
        shape = (2,)

    score = SampleScore(
        lambda case: {"own": float(case.samples.x.sum())}, {"own": "lower"}
    )
    monkeypatch.setitem(KINDS, Own, Kind({"own": score}, lambda feature, x: x, len))
    model = Drawer(np.ones((9, 2), "float32"), Own())
    data = kerasgen.data.Dataset(np.zeros((9, 2), "float32"), shuffle=False)
    assert score_samples(model, data, num_samples=9)["own"].value == 18
    assert kind_of(Word((2,))) is KINDS[features.Tensor]


def test_scores_of_other_kinds_are_named_as_such():
    data = kerasgen.data.Dataset(np.zeros((9, 2), "float32"), shuffle=False)
    model = Drawer(np.zeros((9, 2), "float32"), features.Tensor((2,)))
    with pytest.raises(ValueError, match="for what this model draws.*'ms_ssim'"):
        score_samples(model, data, scores=["ms_ssim"])
    with pytest.raises(ValueError, match="mean 'mode_coverage'"):
        score_samples(model, data, scores=["mode_coverag"])
