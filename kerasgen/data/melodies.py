"""Melodies drawn from a small grammar: key, metre and motif are known."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content
from kerasgen.data.drawn import SPLITS
from kerasgen.features.series import TONES, Series

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
METRES = (3, 4)  # beats of a bar
CLASS_NAMES = {"key": KEYS, "scale": tuple(SCALES), "metre": ("3/4", "4/4")}
BOUNDS = ((0.0, 4.0), (36.0, 96.0), (0.0, 1.0), (0.0, 4.0))  # of `TONES`
RHYTHMS = {  # lengths of the tones of a bar, in beats
    3: ((1, 1, 1), (1.5, 0.5, 1), (2, 1), (0.5, 0.5, 1, 1), (1, 0.5, 0.5, 1)),
    4: ((1, 1, 1, 1), (1.5, 0.5, 1, 1), (2, 1, 1), (1, 0.5, 0.5, 2), (0.5,) * 4 + (2,)),
}
MOVES = (-2, -1, 0, 1, 2)  # steps of the scale from tone to tone
MOVE_SHARES = (0.12, 0.3, 0.08, 0.34, 0.16)
CHORD = (0, 2, 4)  # the steps on which a motif comes back
FORM = "AABA"  # the bars of a phrase
ACCENT, BEAT, OFFBEAT, BELOW = 0.9, 0.7, 0.5, 0.6  # intensities
LOWEST_KEY = 60  # middle C


def load_melodies(split, seed, labels, *, num_examples=4000, length=32):
    """Draws melodies, float32 of shape `(n, length, 4)`: a tone a step.

    A tone is `length`, `pitch`, `intensity` and `wait`, the time since the tone before
    began, as in C-RNN-GAN: times in beats, pitch on a logarithmic scale of frequency,
    in semitones, 69 for 440 Hz. `dataset.field` is their `kerasgen.features.Series`.

    A melody has one of 24 scales and one of two metres. A motif, a rhythm of a bar and
    a contour in steps of the scale, comes back on another step in the bars that the
    form `AABA` gives to it; B is a motif of its own. Each bar begins with a tone of the
    chord below the melody, which sounds with its first tone and through the bar.
    Every melody is a pure function of (seed, split, index), cut off after `length`
    tones; `dataset.source.truth(indices)` tells what it was made from.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        labels: False; True or `"key"`; `"scale"`; or `"metre"`.
        num_examples: int. Defaults to `4000`.
        length: int. Tones of a melody. Defaults to `32`.
    """
    check_choice("split", split, SPLITS)
    check_choice("labels", labels, (False, True, *CLASS_NAMES))
    check_int("num_examples", num_examples)
    check_int("length", length)
    source = MelodiesSource(num_examples, length, seed, SPLITS.index(split))
    field = Series((length, len(TONES)), BOUNDS, TONES)
    if not labels:
        return Content(source, field=field)
    key = "key" if labels is True else labels
    found = source.truth(np.arange(num_examples))[key]
    return Content(source, found, CLASS_NAMES[key], field=field)


class MelodiesSource:
    """Source of drawn melodies.

    Args:
        num_examples: int.
        length: int. Tones of a melody.
        seed: int.
        stream: int. Number of the split.
    """

    def __init__(self, num_examples, length, seed=0, stream=0):
        self.num_examples = num_examples
        self.length = length
        self.seed = seed
        self.stream = stream

    def __len__(self):
        return self.num_examples

    def __getitem__(self, indices):
        return np.stack([self._melody(index)[0] for index in self._numbers(indices)])

    def truth(self, indices):
        """Returns what some melodies were made from.

        Returns:
            dict with `"key"`, `"scale"`, `"metre"`: int32 `(n,)`, to be looked up in
            `KEYS`, `SCALES` and `METRES`; `"rhythm"` and `"contour"`: lists of what the
            first motif is, in beats and in steps of the scale; `"bar"`, `"part"`: int32
            `(n, length)`, the bar of each tone, and its motif: 0 for A, 1 for B, -1 for
            a tone below the melody.
        """
        found = [self._melody(index)[1] for index in self._numbers(indices)]
        truth = {key: [facts[key] for facts in found] for key in found[0]}
        for key in ("key", "scale", "metre", "bar", "part"):
            truth[key] = np.array(truth[key], "int32")
        return truth

    def _numbers(self, indices):
        return [int(i) for i in np.atleast_1d(np.arange(len(self))[indices])]

    def _melody(self, index):
        """Returns the tones of a melody, `(length, 4)`, and what it was made from."""
        generator = np.random.default_rng([self.seed, self.stream, index])
        key, scale, metre = (int(generator.integers(n)) for n in (12, 2, 2))
        motifs = [_draw_motif(generator, METRES[metre]) for _ in range(2)]
        tones, bars, parts = [], [], []
        while len(tones) < self.length:
            bar = bars[-1] + 1 if bars else 0
            part = "AB".index(FORM[bar % len(FORM)])
            home = int(generator.choice(CHORD)) if bar % len(FORM) else 0
            added = _bar(bar * METRES[metre], home, *motifs[part])
            tones += added
            bars += [bar] * len(added)
            parts += [-1, *[part] * (len(added) - 1)]
        start, length, step, strength = np.array(tones[: self.length]).T
        pitch = LOWEST_KEY + key + _semitones(step.astype(int), scale)
        noise = np.clip(generator.standard_normal(self.length), -2, 2)
        wait = np.diff(start, prepend=0.0)
        found = {"length": length, "pitch": pitch, "wait": wait}
        found["intensity"] = strength + 0.04 * noise
        facts = {"key": key, "scale": scale, "metre": metre}
        facts |= {"rhythm": motifs[0][0], "contour": motifs[0][1]}
        facts |= {"bar": bars[: self.length], "part": parts[: self.length]}
        return np.stack([found[name] for name in TONES], 1).astype("float32"), facts


def _draw_motif(generator, beats):
    """Returns a motif: the lengths of its tones, and their steps from the first."""
    rhythm = RHYTHMS[beats][generator.integers(len(RHYTHMS[beats]))]
    steps = generator.choice(MOVES, len(rhythm) - 1, p=MOVE_SHARES)
    return rhythm, tuple(int(s) for s in (0, *np.clip(np.cumsum(steps), -3, 5)))


def _bar(begin, home, rhythm, contour):
    """Returns the tones of a bar: begin, length, step of the scale, and intensity."""
    starts = begin + np.cumsum((0, *rhythm[:-1]))
    on_beat = starts == np.round(starts)
    accents = np.where(starts == begin, ACCENT, np.where(on_beat, BEAT, OFFBEAT))
    below = (begin, sum(rhythm), home - 7, BELOW)
    melody = zip(starts, rhythm, np.add(contour, home), accents, strict=True)
    return [below, *melody]


def _semitones(steps, scale):
    """Returns steps of a scale, 0 its key, in semitones."""
    tones = np.array(list(SCALES.values())[scale])
    return tones[steps % 7] + 12 * (steps // 7)
