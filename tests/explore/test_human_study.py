"""Studies of models: samples beside held-out pictures, alike in all but the image."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.command import cli
from kerasgen.explore import human_study
from tests.explore import tiny

pytestmark = pytest.mark.any_backend


def data(count=30, shape=tiny.SHAPE, labels=None):
    options = {} if labels is None else {"num_classes": 3}
    x = tiny.images(count, shape=shape)
    return kerasgen.data.Dataset(x, labels, 4, name="tiny", split="test", **options)


def pixels(study, real):
    """Returns the pictures that are real, or not, by the bytes of their pixels."""
    found = []
    for picture, is_real in zip(study.pictures, study.real, strict=True):
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as image:
            assert image.info == {} and image.mode == "L" and image.size == (3, 4)
            found += [np.asarray(image)] if is_real is real else []
    return {image.tobytes() for image in found}


def test_samples_stand_among_real_pictures_in_one_encoding():
    model, held_out = tiny.gan(), data()
    study = human_study(model, held_out, num_trials=10, num_practice=4, seed=5)
    real = {image.tobytes() for image in held_out.arrays()[0]}
    assert len(study.trials) == 14 and pixels(study, True) < real
    samples = kerasgen.images.to_uint8(model.sample(7, seed=5))
    assert pixels(study, False) == {image.tobytes() for image in samples}
    assert study.settings["model"] == "GAN" and study.size == (4, 3)
    assert "tiny, split test" in study.settings["real"]
    again = human_study(model, held_out, num_trials=10, num_practice=4, seed=5)
    assert study.id == again.id


def test_a_conditional_model_is_asked_for_the_classes_of_the_real_pictures():
    labels = np.arange(30) % 3
    options = {"num_classes": 3, "latent_dim": 2, "hidden_widths": (4,)}
    model = kerasgen.autoencoders.CVAE(tiny.SHAPE, **options)
    held_out = data(labels=labels)
    study = human_study(model, held_out, "class", num_trials=12, num_practice=0)
    real = {i.tobytes(): k for i, k in zip(held_out.arrays()[0], labels, strict=True)}
    assert study.class_names == ["0", "1", "2"]
    counts = np.bincount(study.labels, minlength=3)
    assert counts.tolist() == [4, 4, 4]  # as often among samples as among real ones
    for picture, is_real, label in zip(
        study.pictures, study.real, study.labels, strict=True
    ):
        if is_real:
            with Image.open(io.BytesIO(picture)) as image:
                assert real[np.asarray(image).tobytes()] == label


def test_translations_stand_among_pictures_of_their_domain():
    a, b = (tiny.images(9, seed, (8, 8, 1)) for seed in (1, 2))
    model = kerasgen.gans.CycleGAN((8, 8, 1), filters=2, blocks=0, depth=0)
    both = kerasgen.data.unpaired(a, b)
    for to, source, target in (("b", a, b), ("a", b, a)):
        options = {"num_trials": 4, "num_practice": 0, "to": to, "seed": 2}
        study = human_study(model, both, "pair", **options)
        found = {k: [] for k in (True, False)}
        for picture, real in zip(study.pictures, study.real, strict=True):
            with Image.open(io.BytesIO(picture)) as image:
                found[real].append(np.asarray(image).tobytes())
        assert set(found[True]) < {image.tobytes() for image in target}
        made = kerasgen.images.to_uint8(model.translate(source, to))
        assert set(found[False]) < {image.tobytes() for image in made}
        assert study.settings["generated"] == (
            f"{model.source_of(to)} to {to}, of other inputs"
        )
    with pytest.raises(ValueError, match="`same_input` must be False.*Received"):
        human_study(model, both, "pair", 4, 0, same_input=True)


def test_pairs_of_a_translator_are_of_one_input_or_of_two():
    inputs, targets = (tiny.images(12, seed, (8, 8, 1)) for seed in (1, 2))
    model = kerasgen.gans.Pix2Pix((8, 8, 1), filters=2, depth=0, dropout=0.0)
    pairs = kerasgen.data.Dataset(targets, inputs, batch_size=2)
    made = kerasgen.images.to_uint8(model.translate(inputs))
    for same in (True, False):
        options = {"num_trials": 5, "num_practice": 1, "same_input": same}
        study = human_study(model, pairs, "pair", **options)
        for trial in study.trials:
            places = {}
            for k in trial:
                with Image.open(io.BytesIO(study.pictures[k])) as image:
                    pixels = np.asarray(image)[..., None]
                known = targets if study.real[k] else made
                (places[study.real[k]],) = (
                    i for i, x in enumerate(known) if np.array_equal(x, pixels)
                )
            assert (places[True] == places[False]) is same


def test_what_cannot_be_studied_is_refused():
    with pytest.raises(ValueError, match="must be fewer for so little data.*Received"):
        human_study(tiny.gan(), data(5))
    with pytest.raises(ValueError, match="another one than 'class'.*Received"):
        human_study(tiny.gan(), data(), "class")
    with pytest.raises(ValueError, match="`num_trials` must be.*Received"):
        human_study(tiny.gan(), data(), num_trials=0)
    with pytest.raises(TypeError, match="must draw samples, or translate.*Received"):
        human_study(object(), data())


def test_the_command_writes_a_page_of_a_model(tmp_path, capsys):
    units = {"generator_units": 4, "discriminator_units": 3}
    model = kerasgen.gans.GAN((8, 8, 1), latent_dim=2, **units)
    model.compile()
    model.save(tmp_path / "model.keras")
    out = tmp_path / "study.html"
    words = ["study", str(tmp_path / "model.keras"), "--data", "digits", "--out"]
    words += [str(out), "--question", "pair", "--num-trials", "3", "--seconds", "0"]
    assert cli.main([*words, "--num-practice", "2", "--seed", "1"]) == 0
    assert "with 5 trials in" in capsys.readouterr().out
    content = out.read_text(encoding="utf-8")
    found = json.loads(re.search(r'id="data">(.*?)</script>', content)[1])
    assert found["seconds"] is None and found["practice"] == 2
    assert len(found["pictures"]) == 10 and found["settings"]["seed"] == 1
    with Image.open(io.BytesIO(base64.b64decode(found["pictures"][0]))) as image:
        assert image.size == (8, 8)
