"""Texts, as the numbers of their words."""

import collections
import re

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.label_checks import check_class_names

PADDING, UNKNOWN = "", "<unknown>"  # the words 0 and 1 of every vocabulary
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


class Text(Feature):
    """Texts such as captions: int32 tokens `(n, length)`, the numbers of words.

    Texts are cut into words and marks, in lower case; texts that are longer are cut
    off, shorter ones padded by 0; words of no number are 1. Lists of str are taken
    wherever tokens are. The vocabulary is part of the config.

    Args:
        length: int. Tokens of a text.
        vocabulary: list of distinct str, the word of each number; the first two are
            `""`, for padding, and `"<unknown>"`.
    """

    takes_lists = True
    takes_words = True

    def __init__(self, length, vocabulary):
        self.length = check_int("length", length)
        self.vocabulary = _check_vocabulary(vocabulary)
        self.shape = (self.length,)
        self._numbers = {word: i for i, word in enumerate(self.vocabulary)}

    @classmethod
    def from_captions(cls, captions, max_words=None, length=None):
        """Returns the feature whose vocabulary is that of some texts.

        Args:
            captions: sequence of str.
            max_words: int or None. The most frequent words are kept, of equally
                frequent ones the first in the alphabet.
            length: int, or None for the tokens of the longest text.
        """
        captions = list(captions)
        if not captions or not all(isinstance(text, str) for text in captions):
            raise ValueError(
                "`captions` must be one str at least. "
                f"Received: {len(captions)} captions"
            )
        words = [split_words(text) for text in captions]
        counts = collections.Counter(word for text in words for word in text)
        order = sorted(counts, key=lambda word: (-counts[word], word))
        if max_words is not None:
            order = order[: check_int("max_words", max_words)]
        length = max(1, max(map(len, words))) if length is None else length
        return cls(length, [PADDING, UNKNOWN, *order])

    @property
    def num_words(self):
        """int. Size of the vocabulary, padding and unknown words included."""
        return len(self.vocabulary)

    def encode(self, texts):
        """Returns the tokens of texts, int32 `(n, length)`.

        Args:
            texts: sequence of str.
        """
        tokens = np.zeros((len(texts), self.length), "int32")
        for row, text in zip(tokens, texts, strict=True):
            words = split_words(text)[: self.length]
            row[: len(words)] = [self._numbers.get(word, 1) for word in words]
        return tokens

    def decode(self, tokens):
        """Returns texts of tokens `(n, length)`: words with spaces between, a list."""
        tokens = self.check(tokens, "tokens")
        return [" ".join(self.vocabulary[i] for i in row if i) for row in tokens]

    def tidy(self, value):
        strings = isinstance(value, (str, list, tuple)) or (
            isinstance(value, np.ndarray) and value.dtype.kind in "OUT"
        )
        if strings and all(isinstance(text, str) for text in np.ravel(value)):
            return self.encode(np.ravel(value).tolist())
        return self.shaped(super().tidy(value))

    def check(self, value, name="x", count=None):
        value = self.tidy(as_given(value, name, "texts, or their tokens"))
        if value.dtype.kind not in "iu":
            raise ValueError(
                f"`{name}` must be texts, or integers, their tokens. "
                f"Received: {name} of dtype {value.dtype}"
            )
        check_examples(value, self.shape, name, "tokens", count)
        low, high = int(value.min()), int(value.max())
        if low < 0 or high >= self.num_words:
            raise ValueError(
                f"`{name}` must be in [0, {self.num_words - 1}]. "
                f"Received: {name} from {low} to {high}"
            )
        return value

    def shaped(self, tensor):
        """Returns tokens with their axis, which texts of one token may lack."""
        lacks = self.length == 1 and len(tensor.shape) == 1
        return tensor[:, None] if lacks else tensor

    def prepare(self, tensor):
        return ops.cast(tensor, "int32")

    def finish(self, tensor):
        return ops.cast(tensor, "int32")

    def example(self, count, generator):
        tokens = generator.integers(
            1, max(2, self.num_words), (count, self.length), np.int32
        )
        lengths = generator.integers(1, self.length + 1, (count, 1))
        return np.where(np.arange(self.length) < lengths, tokens, 0).astype("int32")

    def get_config(self):
        return {"length": self.length, "vocabulary": list(self.vocabulary)}


def split_words(text):
    """Returns the words and marks of a text in lower case, a list of str."""
    return _WORD.findall(text.lower())


def _check_vocabulary(vocabulary):
    words = check_class_names(vocabulary)
    if words[:2] != [PADDING, UNKNOWN]:
        raise ValueError(
            f"`vocabulary` must begin with {PADDING!r} and {UNKNOWN!r}. "
            f"Received: {words[:2]}"
        )
    return tuple(words)
