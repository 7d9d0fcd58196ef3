"""Text: words to numbers and back, vocabularies, what is refused."""

import json

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.features import Image, Text
from kerasgen.training import GenerativeModel

CAPTIONS = ["A red circle.", "a blue circle", "the sky's blue, a red sky"]


@pytest.mark.any_backend
def test_the_vocabulary_is_that_of_the_captions():
    text = Text.from_captions(CAPTIONS)
    assert text.vocabulary[:3] == ("", "<unknown>", "a") and text.length == 7
    order = ["blue", "circle", "red", ",", ".", "sky", "sky's", "the"]
    assert text.vocabulary[3:] == tuple(order)  # by frequency, then by the alphabet
    small = Text.from_captions(CAPTIONS, max_words=2, length=3)
    assert small.vocabulary == ("", "<unknown>", "a", "blue") and small.length == 3
    assert Text(**json.loads(json.dumps(text.get_config()))) == text


@pytest.mark.any_backend
def test_texts_become_tokens_and_texts_again():
    text = Text.from_captions(CAPTIONS)
    tokens = text.encode(["A RED circle", "a green sky " + "red " * 9])
    assert tokens.dtype == np.int32 and tokens.shape == (2, 7)
    assert tokens[0].tolist() == [2, 5, 4, 0, 0, 0, 0]
    assert tokens[1].tolist() == [2, 1, 8, 5, 5, 5, 5]
    assert text.decode(tokens)[0] == "a red circle"
    assert text.decode(tokens)[1] == "a <unknown> sky red red red red"
    for given in (CAPTIONS, np.array(CAPTIONS), np.array(CAPTIONS, object)):
        np.testing.assert_array_equal(text.check(given), text.encode(CAPTIONS))
    assert text.check("a circle").shape == (1, 7)
    one = Text(1, ["", "<unknown>", "a"])  # may lack its axis
    assert one.check(np.array([2, 1, 0])).shape == (3, 1)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, "`y` must be given: texts, or their tokens"),
        (np.zeros((2, 6), "int32"), r"tokens of shape \(7,\)"),
        (np.zeros((2, 7), "float32"), "`y` must be texts, or integers"),
        (np.full((2, 7), 11), r"`y` must be in \[0, 10\]"),
        (np.full((2, 7), -1), r"`y` must be in \[0, 10\]"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        Text.from_captions(CAPTIONS).check(value, "y")


@pytest.mark.any_backend
def test_what_is_no_vocabulary_is_refused():
    with pytest.raises(ValueError, match="`vocabulary` must begin with.*Received"):
        Text(3, ["a", "b"])
    with pytest.raises(ValueError, match="distinct names.*Received"):
        Text(3, ["", "<unknown>", "a", "a"])
    with pytest.raises(ValueError, match="`captions` must be one str.*Received"):
        Text.from_captions([])


@keras.saving.register_keras_serializable("tests")
class Captioned(GenerativeModel):
    """Learns images as a linear function of the words of their captions."""

    def __init__(self, length, vocabulary, **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.length = (2, 2, 1), length
        text = Text(length, vocabulary)
        self.vocabulary = list(text.vocabulary)
        self.set_fields(Image(self.image_shape), text)
        self.network = keras.Sequential(
            [
                keras.Input((length,), dtype="int32"),
                keras.layers.Embedding(text.num_words, 4),
                keras.layers.GlobalAveragePooling1D(data_format="channels_last"),
            ]
        )
        self.add_phase("network", self.network)

    def compute_losses(self, phase, x, labels, training):
        made = self.network(labels, training=training)
        return {"loss": ops.mean(ops.square(made - ops.reshape(x, (-1, 4))))}

    def default_optimizers(self):
        return {"network": keras.optimizers.SGD(5.0)}


def test_a_model_keeps_its_vocabulary_and_takes_captions(tmp_path):
    text = Text.from_captions(["so dark", "so light"])
    model = Captioned(**text.get_config(), seed=0)
    model.compile()
    captions = ["so dark", "so light"] * 8
    x = np.zeros((16, 2, 2, 1), "float32")
    x[1::2] = 1.0
    model.fit(x, captions, verbose=0)
    data = kerasgen.data.Dataset(x, text.encode(captions), 8)
    assert data.num_classes is None
    model.fit(data, epochs=6, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.fields.y == text and loaded.vocabulary[2:] == ["so", "dark", "light"]
    found = [m.evaluate(x, captions, verbose=0) for m in (model, loaded)]
    assert found[0] == found[1] < 0.1
    assert model.evaluate(x, captions[::-1], verbose=0) > 0.4
