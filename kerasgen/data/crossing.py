"""People who cross a square and turn aside for others: past and future tracks."""

import numpy as np

from kerasgen.arguments import check_choice, check_int
from kerasgen.data.content import Content
from kerasgen.data.drawn import DrawnSource, FactSource, check_drawn
from kerasgen.features import Fields, Tracks

SECONDS = 0.4  # between two steps, as in ETH and UCY
SUBSTEPS = 8  # of the walk between two steps
RADIUS = 7.0  # metres from the middle of the square to where people come from
REACH = 0.7  # metres over which the wish to keep away falls by e
LABELS = (False, True, "past")


def load_crossing(
    split,
    seed,
    labels,
    *,
    num_examples=2000,
    num_agents=5,
    past=8,
    future=12,
):
    """Walks two to `num_agents` people over a square, tracks in metres.

    Every scene is a pure function of (seed, split, index): each walks from one place
    on a circle to another one at a speed of its own, and turns aside for those it
    meets, to the left or the right as it happens to like. Steps are 0.4 s apart, as in
    ETH and UCY (Gupta et al., 2018, Social GAN). `dataset.fields` are
    `kerasgen.features.Tracks`, `(n, num_agents, steps, 3)`;
    `dataset.source.facts(indices)` tells where each person wants to go.

    Args:
        split: `"train"`, `"validation"` or `"test"`: each its own stream.
        seed: int.
        labels: False, for whole tracks of `past + future` steps; True or `"past"`, for
            the future, with the past as its condition.
        num_examples: int. Scenes. Defaults to `2000`.
        num_agents: int, at least 2. Defaults to `5`.
        past: int, steps that are known. Defaults to `8`.
        future: int, steps that follow. Defaults to `12`.
    """
    stream, _ = check_drawn(split, num_examples, None, 1, 1)
    check_choice("labels", labels, LABELS)
    check_int("num_agents", num_agents, 2)
    steps = check_int("past", past, 1) + check_int("future", future)
    source = CrossingSource(num_examples, seed, stream, num_agents, steps)
    extent = RADIUS + 1.0
    if not labels:
        return Content(source, field=Tracks(num_agents, steps, past, extent))
    fields = Fields(
        Tracks(num_agents, future, 0, extent), Tracks(num_agents, past, past, extent)
    )
    ends = (
        FactSource(source, lambda facts: source.render(facts)[:, :, past:]),
        FactSource(source, lambda facts: source.render(facts)[:, :, :past]),
    )
    return Content(*ends, field=fields, attributes={"whole": source})


class CrossingSource(DrawnSource):
    """Source of tracks, float32 `(n, num_agents, steps, 3)`, see `Tracks`.

    Args:
        num_examples: int.
        seed: int.
        stream: int. Number of the split.
        num_agents: int.
        steps: int.
    """

    def __init__(self, num_examples, seed=0, stream=0, num_agents=5, steps=20):
        super().__init__(num_examples, (1, 1), seed, stream)
        self.num_agents = num_agents
        self.steps = steps

    def draw_facts(self, generator):
        rows = self.num_agents
        # Apart from one another at the start, and most of them at odds in the middle.
        gaps = generator.dirichlet(np.full(rows, 6.0)) * 2 * np.pi
        start = generator.uniform(0, 2 * np.pi) + np.cumsum(gaps)
        end = start + np.pi + generator.normal(0, 0.35, rows)
        on_circle = [np.stack([np.cos(a), np.sin(a)], axis=1) for a in (start, end)]
        seconds = SECONDS * self.steps
        return {
            "count": np.int32(generator.integers(2, rows + 1)),
            "start": RADIUS * on_circle[0] * generator.uniform(0.7, 1.0, (rows, 1)),
            "goal": 1.3 * RADIUS * on_circle[1],
            "speed": generator.uniform(0.9, 1.5, rows) * 8.0 / seconds,
            "side": generator.choice([-1.0, 1.0], rows),
            "sway": generator.normal(0, 1, (self.steps, rows, 2)),
        }

    def render(self, facts):
        there = np.arange(self.num_agents) < facts["count"][:, None]
        place = facts["start"].astype("float64")
        velocity = self._wanted(facts, place)
        found = np.zeros((len(place), self.num_agents, self.steps, 3), "float32")
        for step in range(self.steps):
            found[:, :, step, :2], found[:, :, step, 2] = place, 1
            sway = 0.25 * facts["sway"][:, step]
            for _ in range(SUBSTEPS):
                push = self._push(facts, place, velocity, there)
                pull = (self._wanted(facts, place) - velocity) / 0.5
                velocity = velocity + (pull + push + sway) * (SECONDS / SUBSTEPS)
                place = place + velocity * (SECONDS / SUBSTEPS)
        return found * there[:, :, None, None]

    def _wanted(self, facts, place):
        way = facts["goal"] - place
        length = np.linalg.norm(way, axis=-1, keepdims=True)
        return facts["speed"][..., None] * way / np.maximum(length, 0.5)

    def _push(self, facts, place, velocity, there):
        """Returns how each is turned aside by the others, metres per second squared."""
        apart = place[:, :, None] - place[:, None]  # from the second to the first
        gap = np.linalg.norm(apart, axis=-1)
        gap = np.where(
            np.eye(place.shape[1], dtype=bool) | ~there[:, None], np.inf, gap
        )
        away = apart / np.maximum(gap, 0.05)[..., None]
        away[~np.isfinite(gap)] = 0.0
        speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
        ahead = velocity / np.maximum(speed, 0.1)
        seen = 0.35 + 0.65 * np.clip(-(away * ahead[:, :, None]).sum(-1), 0, 1)
        aside = np.stack([-ahead[..., 1], ahead[..., 0]], axis=-1)
        aside = facts["side"][..., None] * aside
        force = 3.0 * np.exp((0.6 - gap) / REACH) * seen
        straight = (force[..., None] * away).sum(axis=2)
        return straight + 0.6 * force.sum(axis=2)[..., None] * aside
