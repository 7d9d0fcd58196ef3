"""VAE/GAN: the contract, its losses, and which loss reaches which network."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import VAEGAN
from kerasgen.backend.seeds import EvaluationSeeds
from tests.conformance import check_model

SHAPE = (4, 3, 1)


def _images(count=8, seed=0):
    return np.random.default_rng(seed).random((count, *SHAPE), dtype="float32")


def _model(**kwargs):
    options = {
        "latent_dim": 2,
        "architecture": "dense",
        "hidden_widths": (6,),
        "seed": 1,
        **kwargs,
    }
    return VAEGAN(SHAPE, **options)


def _losses(model, phase, x, labels=None):
    model._evaluation_seeds = EvaluationSeeds()
    x = model.preprocess(ops.convert_to_tensor(x))
    losses = model.compute_losses(phase, x, labels, training=False)
    return {key: float(ops.convert_to_numpy(value)) for key, value in losses.items()}


def _step(model, x):
    """Returns the changes of all weights in one step of steepest descent."""
    networks = {n: getattr(model, n) for n in ("encoder", "decoder", "discriminator")}
    before = {name: network.get_weights() for name, network in networks.items()}
    model.train_on_batch(x)
    return {
        name: [new - old for new, old in zip(net.get_weights(), before[name], strict=1)]
        for name, net in networks.items()
    }


def _moved(changes):
    return [bool(np.any(change != 0.0)) for change in changes]


def _head(model, scale):
    """Multiplies the discriminator's last layer."""
    last = model.discriminator.layers[-1]
    last.set_weights([scale * w for w in last.get_weights()])


def _compile(model, moving):
    sgd = keras.optimizers.SGD
    model.compile({p: sgd(0.1 if p == moving else 0.0) for p in model.phases})


def test_contract():
    check_model(
        VAEGAN,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "gamma": 0.5,
            "feature_layer": 1,
            "generator_loss": "minimax",
            "kl_weight": 0.5,
            "architecture": "dense",
            "hidden_widths": (4, 5),
            "activation": "elu",
            "num_classes": 3,
        },
    )


def test_convolutions_take_any_shape_and_train():
    model = VAEGAN((5, 6, 2), 2, hidden_widths=(2, 3), num_classes=3, seed=0)
    model.compile()
    x = np.random.default_rng(0).random((4, 5, 6, 2), dtype="float32")
    logs = model.train_on_batch(x, np.arange(4) % 3, return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert model.reconstruct(x, np.arange(4) % 3).shape == x.shape


def test_pixels_as_features_make_the_encoder_that_of_a_gaussian_vae():
    """`-log N(x; x', I)` in `[-1, 1]` but for its constant, and the divergence."""
    model, x = _model(feature_layer=0, kl_weight=2.0), _images()
    bias = model.encoder.layers[-1].bias
    bias.assign(np.array([0.3, -0.4, -10.0, -10.0]))  # little noise in the codes
    model.compile()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    difference = 2.0 * (x - model.reconstruct(x))
    squares = 0.5 * np.sum(difference**2) / len(x)
    assert logs["encoder_similarity"] == pytest.approx(squares, rel=0.01)
    assert logs["encoder_loss"] == pytest.approx(
        logs["encoder_similarity"] + 2.0 * logs["encoder_kl"], rel=1e-5
    )


def test_losses_of_an_undecided_discriminator():
    """`D = 1/2` on all: 3 ln 2 for it, 2 ln 2 for the decoder beside the similarity."""
    model, x = _model(gamma=0.5), _images()
    _head(model, 0.0)
    losses = _losses(model, "discriminator", x)
    assert losses["loss"] == pytest.approx(3 * np.log(2.0), rel=1e-5)
    assert losses["real"] == losses["fake"] == pytest.approx(0.5)
    losses = _losses(model, "decoder", x)
    assert losses["adversarial"] == pytest.approx(2 * np.log(2.0), rel=1e-5)
    assert losses["similarity"] > 0.01
    expected = 0.5 * losses["similarity"] + losses["adversarial"]
    assert losses["loss"] == pytest.approx(expected, rel=1e-5)
    minimax = _losses(_copy(model, generator_loss="minimax"), "decoder", x)
    assert minimax["adversarial"] == pytest.approx(-2 * np.log(2.0), rel=1e-5)


def _copy(model, **kwargs):
    other = _model(**kwargs)
    for name in ("encoder", "decoder", "discriminator"):
        getattr(other, name).set_weights(getattr(model, name).get_weights())
    return other


def test_discriminator_descends_the_adversarial_loss_alone():
    """With a head of zeros its hidden layers stand still: the similarity moves none."""
    model, x = _model(), _images()
    model.discriminator.layers[-1].kernel.assign(np.zeros((6, 1)))
    _compile(model, "discriminator")
    assert _losses(model, "encoder", x)["similarity"] > 0.01
    changes = _step(model, x)
    assert _moved(changes["discriminator"]) == [False, False, True, True]
    assert not any(_moved(changes["encoder"]) + _moved(changes["decoder"]))


def test_encoder_gets_no_adversarial_gradient():
    """Its step is the same whatever the discriminator's last layer says."""
    x, changes, first = _images(), [], _model()
    for scale in (1.0, 0.0, -50.0):
        model = _copy(first)
        _head(model, scale)
        _compile(model, "encoder")
        changes.append(_step(model, x)["encoder"])
    assert all(_moved(changes[0]))
    for other in changes[1:]:
        for own, same in zip(changes[0], other, strict=True):
            np.testing.assert_allclose(own, same, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    "gamma, scale, moves", [(0.0, 0.0, False), (0.0, 1.0, True), (0.5, 0.0, True)]
)
def test_decoder_gets_both_gradients(gamma, scale, moves):
    model = _model(gamma=gamma)
    _head(model, scale)
    _compile(model, "decoder")
    assert any(_moved(_step(model, _images())["decoder"])) == moves


def test_decoder_makes_what_the_discriminator_takes_for_real():
    for generator_loss in ("non_saturating", "minimax"):
        model = _model(gamma=0.0, generator_loss=generator_loss)
        _compile(model, "decoder")
        before = _losses(model, "discriminator", _images())["fake"]
        for _ in range(3):
            _step(model, _images())
        assert _losses(model, "discriminator", _images())["fake"] > before + 1e-4


def test_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="at most 1.*Received: feature_layer=2"):
        _model(feature_layer=2)
    with pytest.raises(ValueError, match="Received: image_shape"):
        VAEGAN((2,), architecture="dense")
