"""Scores of disentanglement on representations whose score is known."""

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.metrics import (
    beta_vae_score,
    dci,
    disentanglement_scores,
    encode_factors,
    factor_vae_score,
    mutual_information_gap,
    sap_score,
)
from kerasgen.metrics.disentanglement import mutual_information

SIZES = (3, 4, 5, 8)
COUNT = 4000


def _factors(sizes=SIZES, count=COUNT):
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(0, size, count) for size in sizes], axis=1)


def _noise(dims, count=COUNT):
    return np.random.default_rng(1).normal(size=(count, dims))


def _standard(factors):
    return (factors - factors.mean(axis=0)) / factors.std(axis=0)


def _oracle(factors):
    return np.concatenate([_standard(factors), _noise(3)], axis=1)


def _scores(codes, factors):
    options = {"num_train": 600, "num_test": 400, "batch_size": 32}
    return {
        "mig": mutual_information_gap(codes, factors),
        "beta": beta_vae_score(codes, factors, **options),
        "factor": factor_vae_score(codes, factors, **options),
        **dci(codes, factors),
        "sap": sap_score(codes, factors),
    }


def test_the_factors_themselves_have_scores_of_one():
    factors = _factors()
    for name, score in _scores(_oracle(factors), factors).items():
        assert score == pytest.approx(1.0, abs=0.02), name


def test_noise_has_scores_of_zero_or_chance():
    factors = _factors()
    scores = _scores(_noise(5), factors)
    assert scores["mig"] < 0.01 and scores["sap"] < 0.01
    assert scores["disentanglement"] < 0.01 and scores["completeness"] < 0.01
    chance = np.mean(1 / np.array(SIZES))
    assert scores["informativeness"] == pytest.approx(chance, abs=0.04)
    assert scores["beta"] == pytest.approx(1 / 4, abs=0.08)
    assert scores["factor"] == pytest.approx(1 / 4, abs=0.08)


def test_two_latents_for_each_factor_have_no_gap():
    factors = _factors()
    codes = np.concatenate([_standard(factors), -2 * _standard(factors)], axis=1)
    scores = _scores(codes, factors)
    assert scores["mig"] == pytest.approx(0.0, abs=1e-9)
    assert scores["sap"] == pytest.approx(0.0, abs=1e-9)
    assert scores["completeness"] < 0.8 < 0.99 < scores["disentanglement"]


def test_a_turn_of_two_of_three_factors_leaves_a_third():
    factors = _factors((8, 8, 8), 20000)
    z = _standard(factors)
    codes = np.stack([z[:, 0] + z[:, 1], z[:, 0] - z[:, 1], z[:, 2]], axis=1)
    assert mutual_information_gap(codes, factors) == pytest.approx(1 / 3, abs=0.01)
    assert sap_score(codes, factors) == pytest.approx(1 / 3, abs=0.02)


def test_more_values_than_bins_cannot_reach_one():
    factors = _factors((40,), 20000)
    codes = np.concatenate([factors, _noise(2, 20000)], axis=1)
    found = mutual_information_gap(codes, factors)
    assert found == pytest.approx(np.log(20) / np.log(40), abs=0.01)
    assert mutual_information_gap(codes, factors, bins=40) > 0.99


def test_information_is_that_of_its_formula():
    rng = np.random.default_rng(0)
    joint = np.array([[0.3, 0.1], [0.05, 0.25], [0.1, 0.2]])
    draws = rng.choice(6, 200000, p=joint.reshape(-1))
    found = mutual_information(draws // 2, draws % 2)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    assert found == pytest.approx(np.sum(joint * np.log(joint / product)), abs=0.003)


@pytest.mark.parametrize(
    "score", [mutual_information_gap, beta_vae_score, factor_vae_score, dci, sap_score]
)
def test_order_sign_and_scale_of_latents_do_not_matter(score):
    factors = _factors(count=2000)
    codes = _standard(factors) @ np.random.default_rng(2).normal(size=(4, 4))
    codes = np.concatenate([codes + 0.3 * _noise(4, 2000)], axis=1)
    moved = codes[:, ::-1] * (-3.0, 2.0, 0.5, 8.0) + 1.0
    options = {}
    if score in (beta_vae_score, factor_vae_score):
        options = {"num_train": 400, "num_test": 400}
    first, second = score(codes, factors, **options), score(moved, factors, **options)
    if score is dci:  # its trees are random
        assert second == {key: pytest.approx(first[key], abs=0.06) for key in first}
    else:
        assert second == pytest.approx(first, abs=0.01)


def test_the_beta_score_misses_a_factor_that_is_not_there():
    """The known defect: no difference at all tells the missing factor, too."""
    factors = _factors()
    codes = np.concatenate([_standard(factors)[:, :3], _noise(1)], axis=1)
    options = {"num_train": 600, "num_test": 400, "batch_size": 64}
    assert beta_vae_score(codes, factors, **options) > 0.98
    assert mutual_information_gap(codes, factors) == pytest.approx(0.75, abs=0.02)


def test_collapsed_latents_have_no_vote():
    factors = _factors()
    collapsed = 1e-3 * _standard(factors)[:, :1]
    codes = np.concatenate([collapsed, _standard(factors)], axis=1)
    options = {"num_train": 300, "num_test": 300}
    assert factor_vae_score(codes, factors, **options) > 0.99
    assert factor_vae_score(0.01 * codes, factors, **options) == 0.0
    assert sap_score(codes, factors) == pytest.approx(1.0, abs=0.02)
    kept = sap_score(codes, factors, threshold=0.0)
    assert kept == pytest.approx(0.75, abs=0.02)  # the first factor has two latents


def test_categories_need_no_order():
    factors = _factors()
    codes = _oracle(factors)
    mixed = np.array([2.0, 0.0, 1.0])[factors[:, 0]]  # 0, 1, 2 out of order
    codes[:, 0] = mixed
    found = sap_score(codes, factors, categorical=(0,))
    assert found == pytest.approx((2 / 3 + 3) / 4, abs=0.03)
    assert sap_score(codes, factors) < found


def test_the_gap_to_chance_is_less_than_one_and_to_a_latent_left_out_is_one():
    factors = _factors((3,))
    perfect, noise = _standard(factors), _noise(1)
    for scale, gap in ((1.0, 2 / 3), (1e-3, 1.0)):
        codes = np.concatenate([perfect, scale * noise], axis=1)
        found = sap_score(codes, factors, categorical=(0,))
        assert found == pytest.approx(gap, abs=0.05)


def test_values_of_factors_may_be_any_ints():
    factors = _factors()
    codes = _standard(factors) + 0.3 * _noise(4)
    moved = factors * 7 - 5
    for score in (mutual_information_gap, sap_score):
        assert score(codes, moved) == score(codes, factors)


# === With data ===


@pytest.fixture(scope="module")
def sprites():
    return load("sprites", "all", image_size=16, factor_sizes=(2, 2, 2, 4, 4))


def test_examples_are_drawn_with_their_factors(sprites):
    def represent(images):
        return images.reshape(len(images), -1)[:, 100:103]

    codes, factors = encode_factors(represent, sprites, num_examples=300, seed=4)
    expected = represent(sprites.source.draw(factors))
    np.testing.assert_array_equal(codes, expected)
    assert (np.unique(factors[:, 3], return_counts=True)[1] > 40).all()
    again = encode_factors(represent, sprites, 300, seed=4, batch_size=7)
    np.testing.assert_array_equal(again[0], codes)


def test_all_scores_of_a_function_that_measures_the_images(sprites):
    def represent(images):
        share = images[..., 0] / 255.0
        mass = share.sum(axis=(1, 2))
        rows, columns = np.arange(16) @ share.sum(axis=2).T, share.sum(axis=1)
        x = columns @ np.arange(16) / mass
        return np.stack([x, rows / mass, mass], axis=1)

    found = disentanglement_scores(represent, sprites, num_examples=500)
    assert set(found) == {
        "mutual_information_gap",
        "beta_vae_score",
        "factor_vae_score",
        "dci_disentanglement",
        "dci_completeness",
        "dci_informativeness",
        "sap_score",
    }
    assert all(0 <= value <= 1 for value in found.values())
    # x and y have latents of their own, so that two of five factors have a gap.
    assert 0.25 < found["mutual_information_gap"] < 0.7
    chosen = disentanglement_scores(
        represent, sprites, 500, metrics="mutual_information_gap"
    )
    assert chosen == {"mutual_information_gap": found["mutual_information_gap"]}


def test_a_model_is_encoded(sprites):
    import kerasgen

    model = kerasgen.autoencoders.VAE((16, 16, 1), latent_dim=3, hidden_widths=(4,))
    codes, factors = encode_factors(model, sprites, num_examples=20)
    x = sprites.source.draw(factors)
    np.testing.assert_allclose(codes, model.encode(x), atol=1e-5)


@pytest.mark.parametrize(
    "codes, factors, message",
    [
        (_noise(1, 9), _factors(count=9), "`codes` must be finite, of shape"),
        (np.full((9, 2), np.inf), _factors(count=9), "`codes` must be finite"),
        (_noise(2, 9), _factors(count=8), "`factors` must be ints of shape"),
        (_noise(2, 9), _noise(2, 9), "`factors` must be ints of shape"),
        (_noise(2, 9), np.ones((9, 1), int), "`factors` must each take two values"),
    ],
)
def test_wrong_arrays_are_refused(codes, factors, message):
    with pytest.raises(ValueError, match=message):
        mutual_information_gap(codes, factors)


def test_wrong_arguments_are_refused(sprites):
    with pytest.raises(ValueError, match="Did you mean 'sap_score'"):
        disentanglement_scores(lambda x: x, sprites, metrics=["sap_scor"])
    with pytest.raises(TypeError, match="`data` must be a Dataset whose source"):
        encode_factors(lambda x: x, load("digits"))
    with pytest.raises(TypeError, match="`model` must have `encode`"):
        encode_factors(3, sprites)
    with pytest.raises(ValueError, match="`categorical` must name factors"):
        sap_score(_noise(2, 9), _factors(count=9), categorical=(4,))
    with pytest.raises(ValueError, match="two factors or more"):
        dci(_noise(2, 9), np.arange(9)[:, None] % 2)
