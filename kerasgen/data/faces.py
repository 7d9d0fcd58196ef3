"""Cartoon faces of which all is known: who, how turned, how old, with what on."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content
from kerasgen.data.drawn import DrawnSource, FactSource, check_drawn, check_labels
from kerasgen.data.face_drawing import render
from kerasgen.data.face_geometry import (
    AGES,
    GLASSES,
    HAIR,
    MOUTHS,
    POINTS,
    POSES,
    keypoints,
)
from kerasgen.features import Attributes, Fields, Image, Keypoints

VALUES = {"pose": POSES, "age": AGES, "glasses": GLASSES, "hair": HAIR, "mouth": MOUTHS}
DISCRETE = ("identity", *VALUES)
CONTINUOUS = {"light": (-1.0, 1.0)}
LABELS = (*DISCRETE, *CONTINUOUS)


def load_faces(
    split,
    seed,
    image_size,
    labels,
    *,
    num_examples=5000,
    num_identities=100,
    where=None,
):
    """Draws cartoon faces, `uint8` of shape `(n, height, width, 3)`.

    Every image is a pure function of (seed, split, index), and an identity of its
    number alone, so that the same people are in all splits, in other pictures. All
    attributes are drawn uniformly, each by itself.
    `dataset.source.attributes(indices)` tells them, and `dataset.source.draw(...)`
    draws a face of any attributes: the same person older, or turned to the front.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        image_size: `(height, width)`, or None for 64x64. At least 32.
        labels: False; `"identity"`, `"pose"` (the angles -40 to 40 degrees in steps of
            10, to the left of the picture and to the right), `"age"`, `"glasses"`,
            `"hair"` or `"mouth"`, a class each; a list of these and `"light"` (from the
            left, -1, to the right, 1), given as `Attributes`; True for all of them; or
            `"keypoints"`: `Keypoints` of both eyes, ears, corners of the mouth, of nose
            and chin, of which those on the far side of a turned head are not visible.
        num_examples: int. Defaults to `5000`.
        num_identities: int. How many people there are. Defaults to `100`.
        where: dict from discrete attributes to a value, or list of values, by name or
            number, that these are drawn from alone, such as `{"glasses": "none"}`: one
            of two domains.
    """
    stream, image_size = check_drawn(split, num_examples, image_size, 64, 32)
    check_int("num_identities", num_identities, 2)
    names = check_labels(labels, (*LABELS, "keypoints"))
    if labels is True:
        names.remove("keypoints")
    if isinstance(labels, (list, tuple)) and "keypoints" in names:
        raise ValueError(
            "`labels` must be 'keypoints' alone, or a list of attributes. "
            f"Received: labels={labels!r}"
        )
    choices = _choices(where or {}, num_identities)
    source = FacesSource(num_examples, image_size, seed, stream, choices)
    x, people = Image((*image_size, 3)), [f"person {i}" for i in range(num_identities)]
    if not names:
        return Content(source)
    if labels == "keypoints":
        found = FactSource(source, source.keypoints)
        return Content(source, found, field=Fields(x, Keypoints(POINTS)))
    classes = {"identity": people, **{k: list(v) for k, v in VALUES.items()}}
    if isinstance(labels, str) and labels != "light":
        found = FactSource(source, lambda facts: facts[labels])
        return Content(source, found, classes[labels])
    field = Attributes(
        {k: v for k, v in classes.items() if k in names},
        {k: v for k, v in CONTINUOUS.items() if k in names},
    )
    found = FactSource(source, lambda facts: {k: facts[k] for k in field.names})
    return Content(source, found, field=Fields(x, field))


class FacesSource(DrawnSource):
    """Source of faces; arguments as in `DrawnSource`.

    Args:
        choices: dict from each of `DISCRETE` to an int array of the values drawn from.
    """

    def __init__(self, num_examples, image_size, seed=0, stream=0, choices=None):
        super().__init__(num_examples, image_size, seed, stream)
        self.choices = _choices({}, 100) if choices is None else choices

    def draw_facts(self, generator):
        facts = {}
        for name in DISCRETE:
            choices = self.choices[name]
            facts[name] = np.int32(choices[generator.integers(len(choices))])
        return {
            **facts,
            "light": generator.uniform(-1, 1),
            "style": generator.random(6),
        }

    def attributes(self, indices):
        """Returns the attributes of some faces, a dict of arrays `(n,)` by name."""
        facts = self.facts(indices)
        return {name: facts[name] for name in LABELS}

    def draw(self, style_seed=0, **attributes):
        """Returns faces of given attributes, `uint8` `(n, height, width, 3)`.

        Args:
            style_seed: int. Of what is no attribute: clothes, background, place.
            **attributes: int or array `(n,)` of each of `DISCRETE`, and float or array
                of `"light"`, by default 0, and for the pose to the front.
        """
        given = {**dict.fromkeys(LABELS, 0), "pose": len(POSES) // 2, **attributes}
        unknown = sorted(set(given) - set(LABELS))
        if unknown:
            raise TypeError(
                f"`attributes` must be among {list(LABELS)}. Received: {unknown}"
            )
        for name, values in VALUES.items():
            number = np.asarray(given[name])
            if (number < 0).any() or (number >= len(values)).any():
                raise ValueError(
                    f"`{name}` must be in [0, {len(values) - 1}]. "
                    f"Received: {name}={given[name]!r}"
                )
        arrays = np.broadcast_arrays(*(np.atleast_1d(given[n]) for n in LABELS))
        facts = dict(zip(LABELS, arrays, strict=True))
        style = np.random.default_rng(style_seed).random((len(arrays[0]), 6))
        return self.render({**facts, "style": style.astype("float32")})

    def render(self, facts):
        return render(facts, self.image_size)

    def keypoints(self, facts):
        """Returns the points of faces, float32 `(n, points, 3)`, see `Keypoints`."""
        return keypoints(facts, self.image_size)


def _choices(where, num_identities):
    """Returns the values that each discrete attribute is drawn from."""
    found = {name: np.arange(len(values)) for name, values in VALUES.items()}
    found["identity"] = np.arange(num_identities)
    if not isinstance(where, dict):
        raise TypeError(
            f"`where` must be a dict of attributes. Received: where={where!r}"
        )
    for name, values in where.items():
        check_choice("where", name, DISCRETE)
        values = values if isinstance(values, (list, tuple)) else [values]
        names = VALUES.get(name, ())
        numbers = [names.index(v) if v in names else v for v in values]
        known = all(isinstance(n, (int, np.integer)) for n in numbers)
        if not known or not set(numbers) <= set(found[name].tolist()):
            raise ValueError(
                f"`where` must name values of {name!r}, {list(names) or 'numbers'}. "
                f"Received: where={where!r}"
            )
        found[name] = np.array(numbers)
    return found
