"""Encoders and decoders of images of any size."""

import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.networks.image_networks import (
    check_activation,
    check_widths,
    image_decoder,
    image_encoder,
)


@pytest.mark.any_backend
@pytest.mark.parametrize("image_shape", [(28, 28, 1), (7, 5, 3), (1, 9, 2), (8, 12, 1)])
@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_decoder_gives_the_encoders_shape_back(architecture, image_shape):
    encoder = image_encoder(architecture, image_shape, None, (3, 4, 5), 6, "relu")
    decoder = image_decoder(architecture, image_shape, 6, (3, 4, 5), "relu")
    x = np.zeros((2, *encoder.input_shape[1:]), "float32")
    codes = encoder(x)
    assert tuple(codes.shape) == (2, 6)
    assert tuple(decoder(codes).shape) == (2, *image_shape)


def test_only_the_last_layers_stay_in_float32():
    for architecture in ("dense", "conv"):
        args = ((3, 4), "relu", "mixed_bfloat16")
        encoder = image_encoder(architecture, (8, 8, 1), None, args[0], 6, *args[1:])
        decoder = image_decoder(architecture, (8, 8, 1), 6, *args)
        for net in (encoder, decoder):
            assert net.layers[0].compute_dtype == "bfloat16"
            assert net.layers[-1].compute_dtype == "float32"


def test_every_pixel_reaches_the_convolutional_code():
    encoder = image_encoder("conv", (7, 5, 1), None, (3, 4), 8, None)
    empty = np.zeros((1, 7, 5, 1), "float32")
    images = np.eye(35, dtype="float32").reshape(35, 7, 5, 1)
    moved = ops.convert_to_numpy(encoder(images) - encoder(empty))
    assert np.all(np.abs(moved).max(axis=1) > 1e-6)


def test_refuses_what_it_cannot_build():
    with pytest.raises(ValueError, match="at least one conv.*Received: hidden_widths"):
        check_widths((), "conv")
    with pytest.raises(ValueError, match="Received: hidden_widths=0"):
        check_widths((4, 0), "dense")
    with pytest.raises(TypeError, match="Received: hidden_widths=500"):
        check_widths(500, "dense")
    with pytest.raises(ValueError, match="Received: activation='no such'"):
        check_activation("no such")
    assert check_widths([4, 3], "conv") == (4, 3)
    assert check_activation(None) is None


@pytest.mark.parametrize(
    "name", ["discriminator_widths", "level_widths", "prior_widths", "flow_widths"]
)
def test_wrong_widths_are_refused_under_their_own_name(name):
    with pytest.raises(TypeError, match=rf"`{name}` must be a tuple.*{name}=8"):
        check_widths(8, name=name)
    models = {
        "discriminator_widths": [kerasgen.autoencoders.WAE, kerasgen.autoencoders.AAE],
        "level_widths": [kerasgen.autoencoders.HierarchicalVAE],
        "prior_widths": [kerasgen.autoencoders.CVAE],
        "flow_widths": [kerasgen.autoencoders.FlowVAE],
    }
    for model in models[name]:
        options = {"flow": "iaf"} if name == "flow_widths" else {}
        options |= {"num_classes": 2} if name == "prior_widths" else {}
        with pytest.raises((TypeError, ValueError), match=f"`{name}` must be"):
            model((4, 4, 1), **{name: (0,)}, **options)
