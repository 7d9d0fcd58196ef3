"""Where the parts of a cartoon face lie: on an ellipsoid that turns."""

import functools

import numpy as np

POSES = ("-40", "-30", "-20", "-10", "0", "10", "20", "30", "40")
AGES = ("baby", "child", "teenager", "adult", "middle-aged", "old")
GLASSES = ("none", "round", "square", "sunglasses")
HAIR = ("bald", "short", "long", "curly", "spiky")
MOUTHS = ("neutral", "smile", "open", "sad")
POINTS = (
    *("left eye", "right eye", "nose", "left mouth corner", "right mouth corner"),
    *("chin", "left ear", "right ear"),
)
SKINS = (
    (255, 224, 200),
    (244, 202, 168),
    (224, 172, 128),
    (176, 122, 84),
    (112, 74, 50),
)
HAIRS = ((40, 32, 30), (92, 56, 32), (150, 96, 48), (222, 184, 104), (172, 68, 36))
EYES = ((70, 44, 28), (64, 110, 170), (70, 120, 70), (110, 100, 90))
CLOTHES = (
    (196, 70, 70),
    (70, 110, 180),
    (90, 150, 100),
    (220, 170, 70),
    (130, 90, 160),
)
GROUNDS = ((206, 222, 236), (226, 214, 232), (214, 232, 214), (240, 226, 204))
GREY = (206, 206, 208)
IDENTITY_SEED = 20_260_101
# By age: scale of the head, its length, size and height of the eyes, jaw, brows, mouth.
_BY_AGE = np.array(
    [
        [0.88, 0.94, 1.30, 0.20, 1.12, 0.45, 0.72],
        [0.92, 0.98, 1.18, 0.12, 1.06, 0.65, 0.84],
        [0.97, 1.03, 1.04, 0.04, 0.97, 0.90, 0.96],
        [1.00, 1.07, 0.96, 0.00, 0.96, 1.10, 1.00],
        [1.00, 1.09, 0.90, 0.00, 1.02, 1.20, 1.02],
        [0.98, 1.10, 0.82, 0.00, 1.06, 1.30, 0.98],
    ],
    "float32",
)
GREYNESS = np.array([0, 0, 0, 0, 0.4, 0.92], "float32")
_WRINKLES = np.array([0, 0, 0, 0.0, 0.5, 1.0], "float32")


@functools.cache
def person(identity):
    """Returns the looks of a person, a dict of numbers and colours."""
    generator = np.random.default_rng([IDENTITY_SEED, int(identity)])
    pick = lambda colors, spread_: np.clip(  # noqa: E731
        np.array(colors[generator.integers(len(colors))], "float32")
        + generator.normal(0, spread_, 3),
        10,
        255,
    )
    low_high = {
        "width": (0.92, 1.10),
        "jaw": (0.70, 1.0),
        "eye_gap": (0.36, 0.50),
        "eye_size": (0.85, 1.2),
        "eye_tilt": (-0.16, 0.16),
        "brow_tilt": (-0.26, 0.26),
        "brow_height": (0.20, 0.27),
        "nose_length": (0.20, 0.36),
        "nose_width": (0.08, 0.15),
        "mouth_width": (0.24, 0.37),
        "mouth_height": (0.42, 0.50),
        "ears": (0.8, 1.25),
        "freckles": (-1.0, 1.0),
    }
    looks = {k: np.float32(generator.uniform(*v)) for k, v in low_high.items()}
    looks["skin"] = pick(SKINS, 6).astype("float32")
    looks["hair_color"] = pick(HAIRS, 8).astype("float32")
    looks["eye_color"] = pick(EYES, 6).astype("float32")
    return looks


class Face:
    """The geometry of some faces: where a point of a head lies in the picture."""

    def __init__(self, facts):
        people = [person(identity) for identity in facts["identity"]]
        self.looks = {k: np.stack([p[k] for p in people]) for k in people[0]}
        by_age = _BY_AGE[facts["age"]].T
        scale, length, self.eyes, self.low, self.jaw, self.brows, self.mouth = by_age
        self.yaw = np.deg2rad(np.array(POSES, "float32")[facts["pose"]])
        self.width = 0.50 * scale * self.looks["width"]
        self.height = 0.60 * scale * length
        style = facts["style"]
        self.center = 0.06 * (style[:, 0] - 0.5), -0.06 + 0.06 * (style[:, 1] - 0.5)
        self.wrinkles = _WRINKLES[facts["age"]]

    def at(self, across, down):
        """Returns `(x, y, narrowing)` of points on the face, and 0 where unseen.

        Args:
            across: float or `(n,)`, in half widths of the head, to the right.
            down: float or `(n,)`, in half heights.
        """
        across, down = np.broadcast_arrays(across, down, self.yaw)[:2]
        rim = np.sqrt(np.maximum(1 - 0.8 * down * down, 0.1))
        angle = np.arcsin(np.clip(across / rim, -0.98, 0.98)) + self.yaw
        x = self.center[0] + self.width * rim * np.sin(angle)
        y = self.center[1] + self.height * down
        return x, y, np.maximum(np.cos(angle), 0.0)

    @property
    def eye_height(self):
        return -0.10 + self.low

    def ear(self, side):
        """Returns `(x, y)` of an ear, the left (-1) or the right one (1)."""
        angle = side * np.pi / 2 * 0.98 + self.yaw
        x = self.center[0] + self.width * np.sin(angle)
        return x, self.center[1] + 0.08 * self.height


def keypoints(facts, image_size):
    """Returns the points of faces, float32 `(n, points, 3)`, see `Keypoints`."""
    face = Face(facts)
    looks, found = face.looks, []
    gap, mouth = looks["eye_gap"], looks["mouth_width"] * face.mouth
    eye_y, mouth_y = face.eye_height, looks["mouth_height"]
    places = [(-gap, eye_y), (gap, eye_y), (0.0, eye_y + looks["nose_length"])]
    places += [(-mouth, mouth_y), (mouth, mouth_y), (0.0, 0.98)]
    for across, down in places:
        found.append(face.at(across, down))
    for side in (-1, 1):
        x, y = face.ear(side)
        found.append((x, y, (side * np.sin(face.yaw) < 0.35).astype("float32")))
    x, y, seen = np.moveaxis(np.array(found), 1, 0)
    half = np.array(image_size) / min(image_size)
    points = np.stack([(y / half[0] + 1) / 2, (x / half[1] + 1) / 2, seen > 0.12], -1)
    inside = (points[..., :2] >= 0) & (points[..., :2] <= 1)
    points *= (points[..., 2:] > 0) & inside.all(-1, keepdims=True)
    return np.moveaxis(points, 0, 1).astype("float32")
