"""A human study: can people tell real pictures from generated ones?

The protocols are those of the papers. One picture after the other, "real or generated?"
(Denton et al., 2015, section 4.3; Salimans et al., 2016). Pairs of a real and a
generated one, each shown for a second, "which one is real?", 10 practice trials with
feedback and 40 without (Isola et al., 2017, section 4.1; Zhu et al., 2017, section
5.1.1). And "which class is it?", for samples of a class that was asked for.
"""

import base64
import dataclasses
import hashlib
import json
import random
from pathlib import Path

from kerasgen.atomic_folder import replacing
from kerasgen.reports.page import page, text
from kerasgen.reports.study_script import SCRIPT, STYLE

QUESTIONS = ("real", "pair", "class")
SECONDS = {"real": None, "pair": 1.0, "class": None}  # how long pictures are shown
SIDE = 256  # pixels of a picture on the page, at least, where there is room
PAUSE = 1200  # milliseconds of feedback
MOST_CLASSES = 36  # keys: ten digits and the letters
_ASKED = {
    "real": "Is the picture real or generated?",
    "pair": "Which picture is the real one?",
    "class": "What is in the picture?",
}
_KEYS = {
    "real": "the arrow keys (left: generated, right: real)",
    "pair": "the arrow keys, or a tap on a picture",
    "class": "the keys that stand on the buttons",
}


@dataclasses.dataclass(frozen=True, repr=False)
class Study:
    """Pictures in random order, and what is asked of them.

    Attributes:
        question: `"real"`, `"pair"` or `"class"`.
        pictures: list of bytes, PNG files, in random order.
        real: list of bool, which of them are real.
        labels: list of int, their classes, or None.
        trials: list of lists of the numbers of the pictures that are shown together.
        num_practice: int, how many of the trials come first and with feedback.
        seconds: float, how long pictures are shown, or None: until the answer.
        size: tuple `(height, width)` of the pictures in pixels.
        class_names: list of str, or None.
        settings: dict of what the pictures are, for the page and the answers.
    """

    question: str
    pictures: list
    real: list
    labels: list | None
    trials: list
    num_practice: int
    seconds: float | None
    size: tuple
    class_names: list | None
    settings: dict

    @property
    def id(self):
        """str, the same for studies of the same pictures in the same order."""
        found = hashlib.sha256()
        for picture in self.pictures:
            found.update(picture)
        found.update(json.dumps([self.question, self.trials, self.real]).encode())
        return found.hexdigest()[:16]

    def page(self):
        """Returns the page, one file of HTML that needs no network."""
        height, width = self.size
        factor = max(1, -(-SIDE // max(height, width)))
        shape = f"--side: {factor * width}px; --ratio: {width / height:.4f}"
        data = json.dumps(self._data()).replace("<", "\\u003c")
        count = len(self.trials) - self.num_practice
        practice = ""
        if self.num_practice:
            practice = f" {self.num_practice} more come first, for practice: after "
            practice += "each of them you are told the answer."
        shown = "."
        if self.seconds:
            shown = f", for {self.seconds:g} s; then it goes, and there is time to "
            shown += "answer."
        told = ", ".join(f"{k}: {v}" for k, v in self.settings.items())
        body = (
            f'<div id="study" style="{shape}"><section id="start">'
            f"<p><strong>{_ASKED[self.question]}</strong> You see {count} of them, "
            f"one after the other{shown}{practice}</p>"
            f"<p>Answer by {_KEYS[self.question]}, or by the buttons. Nothing is sent "
            "anywhere: at the end you save your answers as a file.</p>"
            f'<p><small>{text(told)}</small></p><form id="begin">'
            '<p><label>Your name or a number (may be empty)<br><input id="name" '
            'type="text" autocomplete="off" maxlength="60"></label></p>'
            '<p><button class="go">Start</button></p></form></section>'
            '<section id="trial" hidden><small id="progress" aria-live="polite">'
            '</small><div class="bar"><i id="done"></i></div><div id="stage" '
            f'class="stage"></div><p id="prompt">{_ASKED[self.question]}</p>'
            '<div id="answers" class="answers"></div><p id="feedback" '
            'aria-live="polite"></p><p><button id="stop">Stop here</button></p>'
            '</section><section id="end" hidden><p>Thank you.</p>'
            '<p><button id="save" class="go">Save the answers</button></p>'
            '<div id="found"></div><details><summary>The answers as text</summary>'
            '<textarea id="json" readonly aria-label="answers"></textarea></details>'
            "</section></div><noscript><p>This page needs JavaScript.</p></noscript>"
            f'<script type="application/json" id="data">{data}</script>'
        )
        return page("Real or generated?", [(None, body)], SCRIPT, STYLE)

    def save(self, path):
        """Writes the page to a file; returns its path."""
        if not str(path).endswith((".html", ".htm")):
            raise ValueError(f"`path` must end with .html. Received: {str(path)!r}")
        with replacing(Path(path)) as temporary:
            temporary.write_text(self.page(), encoding="utf-8")
        return Path(path)

    def _data(self):
        """Returns what the script reads; which are real cannot be read by eye."""
        labels = self.labels or [0] * len(self.pictures)
        truth = [v for pair in zip(self.real, labels, strict=True) for v in pair]
        mask = random.Random(self.id).randbytes(len(truth))
        key = bytes(int(v) ^ m for v, m in zip(truth, mask, strict=True))
        return {
            "id": self.id,
            "question": self.question,
            "seconds": self.seconds,
            "pause": PAUSE,
            "practice": self.num_practice,
            "trials": self.trials,
            "pictures": [base64.b64encode(p).decode() for p in self.pictures],
            "classes": self.class_names if self.labels else None,
            "mask": base64.b64encode(mask).decode(),
            "key": base64.b64encode(key).decode(),
            "settings": self.settings,
        }

    def __repr__(self):
        return (
            f"Study({self.question!r}, {len(self.trials)} trials of "
            f"{len(self.pictures)} pictures, {self.num_practice} of them practice)"
        )


def num_pictures(question, num_trials, num_practice):
    """Returns how many real pictures a study takes, and as many generated ones."""
    both = num_trials, num_practice
    return sum(n if question == "pair" else -(-n // 2) for n in both)


def make_study(
    real,
    generated,
    size,
    question="real",
    num_practice=10,
    seconds="default",
    labels=None,
    class_names=None,
    seed=0,
    settings=None,
):
    """Lays pictures out as the trials of a study.

    Args:
        real, generated: lists of as many bytes, PNG files of one size and mode. Of
            pairs the i-th of each are shown together, on sides drawn at random.
        size: tuple `(height, width)` of them.
        question: `"real"`, `"pair"` or `"class"`.
        num_practice: int. Trials with feedback, which come first. Of pictures one by
            one an even number, half of them real. Defaults to `10`.
        seconds: float. How long pictures are shown; None, until the answer. By default
            1 for pairs, as in the papers, else None.
        labels: ints, the classes of the i-th pictures, for `"class"`.
        class_names: list of str, for `"class"`.
        seed: int. Of the order. Defaults to `0`.
        settings: dict of what the pictures are.

    Returns:
        `Study`.
    """
    if question not in QUESTIONS:
        raise ValueError(
            f"`question` must be one of {QUESTIONS}. Received: question={question!r}"
        )
    count = len(real)
    if not count or len(generated) != count:
        raise ValueError(
            "`real` and `generated` must hold as many pictures, at least one. "
            f"Received: {count} real, {len(generated)} generated"
        )
    if seconds == "default":
        seconds = SECONDS[question]
    if seconds is not None and not seconds > 0:
        raise ValueError(f"`seconds` must be above 0 or None. Received: {seconds!r}")
    practiced = num_practice if question == "pair" else -(-num_practice // 2)
    if not 0 <= practiced < count:
        raise ValueError(
            f"`num_practice` must leave pictures for other trials. Received: "
            f"num_practice={num_practice}, {count} real pictures"
        )
    if question == "class":
        _check_classes(labels, class_names, count)
    labels = labels if question == "class" else None
    order = list(range(2 * count))
    drawn = random.Random(f"kerasgen study {seed}")
    drawn.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    trials = []
    for start, end in ((0, practiced), (practiced, count)):
        part = []
        for i in range(start, end):
            both = [place[i], place[count + i]]
            drawn.shuffle(both)
            part += [both] if question == "pair" else [[k] for k in both]
        drawn.shuffle(part)
        trials += part
    pictures = [*real, *generated]
    both_labels = None if labels is None else [int(k) for k in (*labels, *labels)]
    return Study(
        question,
        [pictures[old] for old in order],
        [old < count for old in order],
        None if both_labels is None else [both_labels[old] for old in order],
        trials,
        practiced if question == "pair" else 2 * practiced,
        seconds,
        tuple(size),
        None if class_names is None else [str(name) for name in class_names],
        dict(settings or {}),
    )


def _check_classes(labels, class_names, count):
    if labels is None or class_names is None or len(labels) != count:
        raise ValueError(
            "`labels` and `class_names` must be given for the question 'class', a "
            f"label for each real picture. Received: labels={labels!r}"
        )
    if not 1 < len(class_names) <= MOST_CLASSES:
        raise ValueError(
            f"`class_names` must hold 2 to {MOST_CLASSES} names, as each has a key. "
            f"Received: {len(class_names)} names"
        )
    bad = [label for label in labels if not 0 <= label < len(class_names)]
    if bad:
        raise ValueError(f"`labels` must be numbers of classes. Received: {bad[0]}")
