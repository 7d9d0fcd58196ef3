"""Tracks of agents on a plane, such as pedestrians on a square."""

import numpy as np
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.features.feature import Feature, as_given, check_examples
from kerasgen.features.marks import check_flags
from kerasgen.images.palette import PAPER, colors

SIDE, FINE = 96, 3  # pixels of a picture, and how much finer it is drawn at first
PAST = 0.35  # share of its colour that a track's past keeps; the rest is white


class Tracks(Feature):
    """Tracks, float32 `(n, num_agents, length, 3)`: `x, y`, and 1 where it is there.

    `x` grows to the right and `y` upwards, in `unit`, about an origin in the middle.
    An agent that is not there at a step, or not at all, is a row of 0. Tracks without
    the third number, `(n, num_agents, length, 2)`, are taken as there throughout.

    Networks see positions in units of `extent`, so that most are in `[-1, 1]`.

    Args:
        num_agents: int, of an example at most.
        length: int, steps of a track.
        num_past: int. Steps at the start that are known, drawn paler than the rest.
        extent: float. How far from the origin positions usually are, to the right and
            up; a picture ends there.
        unit: str. Defaults to `"m"`.
    """

    plural = "scenes of tracks"

    def __init__(self, num_agents, length, num_past=0, extent=10.0, unit="m"):
        self.num_agents = check_int("num_agents", num_agents)
        self.length = check_int("length", length)
        self.num_past = check_int("num_past", num_past, 0, self.length)
        self.extent = check_number("extent", extent, 1e-6)
        self.unit = str(unit)
        self.shape = (self.num_agents, self.length, 3)

    def tidy(self, value):
        value = super().tidy(value)
        if value.ndim == 4 and value.shape[1:] == (*self.shape[:2], 2):
            there = np.ones((*value.shape[:3], 1), value.dtype)
            value = np.concatenate([value, there], axis=-1)
        return value

    def check(self, value, name="x", count=None):
        value = self.tidy(as_given(value, name, f"tracks of shape {self.shape}"))
        check_examples(value, self.shape, name, "tracks", count)
        check_flags(value, name, 2, absent="where an agent is not there")
        return value

    def prepare(self, tensor):
        tensor = ops.cast(tensor, "float32")
        places = tensor[..., :2] / self.extent
        return ops.concatenate([places, tensor[..., 2:]], axis=-1)

    def finish(self, tensor):
        """Returns tracks: an agent is there where the third number is at least 0.5."""
        tensor = ops.cast(tensor, "float32")
        there = ops.cast(tensor[..., 2:] >= 0.5, "float32")
        places = tensor[..., :2] * self.extent * there
        return ops.concatenate([places, there], axis=-1)

    def example(self, count, generator):
        """Returns straight walks, of which some agents are missing."""
        ends = generator.uniform(-1, 1, (2, count, self.num_agents, 1, 2))
        share = np.linspace(0, 1, self.length)[:, None]
        tracks = np.ones((count, *self.shape), "float32")
        tracks[..., :2] = self.extent * (ends[0] + share * (ends[1] - ends[0]))
        held = generator.integers(1, self.num_agents + 1, count)
        tracks[np.arange(self.num_agents) >= held[:, None]] = 0
        return tracks

    def picture(self, value, past=None):
        """Returns the tracks on the plane, one colour an agent, a dot at the end.

        Args:
            value: tracks `(n, num_agents, length, 3)`.
            past: tracks of the same agents before them, drawn paler, or None.
        """
        from PIL import Image, ImageDraw

        value, palette = self.tidy(value), colors(self.num_agents)
        num_past = self.num_past
        if past is not None:
            value = np.concatenate([np.asarray(past, value.dtype), value], axis=2)
            num_past = np.shape(past)[2]
        size, found = SIDE * FINE, []
        middle = np.array([size, size]) / 2
        for scene in value:
            canvas = Image.new("RGB", (size, size), PAPER)
            pen = ImageDraw.Draw(canvas)
            for color, track in zip(palette, scene, strict=True):
                there = (track[:, 2] >= 0.5) & np.isfinite(track).all(axis=1)
                places = track[:, :2] / self.extent * (1, -1)
                places = np.clip(np.nan_to_num(places), -4, 4) * middle + middle
                for step in range(len(track)):
                    known = step < num_past
                    shade = color * PAST + 1 - PAST if known else color
                    fill = tuple(int(255 * part) for part in shade)
                    if step and there[step - 1 : step + 1].all():
                        ends = [*map(tuple, places[step - 1 : step + 1])]
                        pen.line(ends, fill, width=4 if known else 5)
                    if there[step]:
                        last = not there[step + 1 :].any()
                        _dot(pen, places[step], 9 if last else 3, fill)
            found.append(np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BOX)))
        return np.stack(found).astype("float32") / 255.0

    def get_config(self):
        return {
            "num_agents": self.num_agents,
            "length": self.length,
            "num_past": self.num_past,
            "extent": self.extent,
            "unit": self.unit,
        }


def _dot(pen, place, radius, fill):
    (x, y), r = place, radius
    pen.ellipse((x - r, y - r, x + r, y + r), fill)
