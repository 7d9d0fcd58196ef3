"""How the faces of `faces` are painted, part over part."""

import numpy as np

from kerasgen.data.drawing import (
    Canvas,
    bow,
    box,
    column,
    ellipse,
    segment,
    turned,
)
from kerasgen.data.face_geometry import (
    CLOTHES,
    GREY,
    GREYNESS,
    GROUNDS,
    HAIR,
    Face,
)


def render(facts, image_size):
    """Returns faces, `uint8` `(n, height, width, 3)`.

    Args:
        facts: dict of arrays: the attributes `(n,)`, and `"style"` `(n, 6)` in [0, 1].
        image_size: tuple `(height, width)`.
    """
    face, style = Face(facts), facts["style"]
    ground = np.array(GROUNDS, "float32")[(style[:, 2] * len(GROUNDS)).astype(int)]
    canvas = Canvas(len(style), image_size, ground)
    ramp = 1.06 - 0.1 * (canvas.y + 1) + 0.05 * column(facts["light"]) * canvas.x
    canvas.planes *= ramp
    hair = face.looks["hair_color"]
    grey = GREYNESS[facts["age"]][:, None]
    hair = hair + grey * (np.array(GREY, "float32") - hair)
    kinds = {name: facts["hair"] == i for i, name in enumerate(HAIR)}
    x, y = canvas.x - column(face.center[0]), canvas.y - column(face.center[1])
    w, h = face.width, face.height
    canvas.shade = _shade(face, facts["light"], x)
    if kinds["long"].any():
        back = box(x, y - column(0.35 * h), 1.12 * w, 1.25 * h, 0.55 * w)
        canvas.paint(canvas.cover(back), hair * 0.78, kinds["long"])
    _paint_body(canvas, face, style)
    for side in (-1, 1):
        _paint_ear(canvas, face, side)
    head = _head(face, x, y)
    skin = face.looks["skin"]
    canvas.paint(canvas.cover(head), skin * 0.62)
    inner = canvas.cover(head + 1.1 * canvas.pixel)
    canvas.paint(inner, skin, shaded=True)
    inside = canvas.cover(head)
    _paint_skin(canvas.clipped(inside), face)
    _paint_eyes(canvas, face)
    _paint_nose(canvas, face)
    _paint_mouth(canvas, face, facts["mouth"])
    _paint_hair(canvas, face, kinds, hair)
    _paint_glasses(canvas, face, facts["glasses"])
    return canvas.pixels()


def _head(face, x, y):
    """Returns the distance from the outline of the head: a jaw below a skull."""
    w, h = face.width, face.height
    jaw = face.jaw * face.looks["jaw"]
    taper = 1.0 - (1.0 - column(jaw)) * 0.42 * np.clip(y / column(h), 0, 1) ** 1.5
    return ellipse(x / taper, y, w, h)


def _shade(face, light, x):
    normal = np.clip(x / column(face.width), -1.2, 1.2)
    return np.clip(1.0 + 0.34 * column(light) * normal - 0.05 * normal**2, 0.6, 1.22)


def _paint_body(canvas, face, style):
    x, y = canvas.x - column(face.center[0]), canvas.y - column(face.center[1])
    h, skin = face.height, face.looks["skin"]
    cloth = np.array(CLOTHES, "float32")[(style[:, 3] * len(CLOTHES)).astype(int)]
    neck = box(x, y - column(1.1 * h), 0.40 * face.width, 0.42 * h, 0.1)
    canvas.paint(canvas.cover(neck), skin * 0.82, shaded=True)
    shoulders = ellipse(x, y - column(h + 0.62), 0.84, 0.5)
    canvas.paint(canvas.cover(shoulders), cloth, shaded=True)
    collar = ellipse(x, y - column(h + 0.16), 0.46 * face.width, 0.13)
    canvas.paint(canvas.cover(collar), skin * 0.84)


def _paint_ear(canvas, face, side):
    x, y = face.ear(side)
    near = np.clip(1.0 - side * np.sin(face.yaw), 0.0, 1.6)  # the ear that turns to us
    size = 0.115 * face.looks["ears"] * (face.height / 0.6)
    part, p, q = canvas.near(x, y, 0.3)
    ear = ellipse(p, q, 0.4 * size + 0.28 * size * near, 1.25 * size)
    seen = near > 0.45
    part.paint(part.cover(ear), face.looks["skin"] * 0.9, seen, shaded=True)
    inner = ellipse(p, q, 0.3 * size, 0.7 * size)
    part.paint(part.cover(inner), face.looks["skin"] * 0.72, 0.7 * seen)


def _paint_skin(canvas, face):
    """Paints cheeks, freckles and, with age, wrinkles."""
    skin, looks = face.looks["skin"], face.looks
    red = skin * (0.98, 0.78, 0.76)
    for side in (-1, 1):
        x, y, narrow = face.at(0.56 * side, 0.30)
        part, p, q = canvas.near(x, y, 0.32)
        cheek = ellipse(p, q, 0.17 * np.maximum(narrow, 0.25), 0.12)
        part.paint(part.cover(cheek, 0.12), red, 0.55 * (narrow > 0.05))
        for k, (across, down) in enumerate(((0.46, 0.24), (0.58, 0.17), (0.64, 0.29))):
            x, y, narrow = face.at(across * side, down)
            part, p, q = canvas.near(x, y, 0.08)
            dot = ellipse(p, q, 0.018)
            there = (looks["freckles"] > 0.35 + 0.1 * k) * (narrow > 0.3)
            part.paint(part.cover(dot), skin * (0.76, 0.66, 0.6), 0.8 * there)
    dark, age = skin * 0.72, face.wrinkles
    for down in (-0.50, -0.42, -0.34):
        x, y, narrow = face.at(0.0, down)
        part, p, q = canvas.near(x, y, 0.45, 0.12)
        line = bow(p, q, 0.24 * face.width / 0.5 * narrow, 0.02, 0.006)
        part.paint(part.cover(line), dark, 0.7 * age)
    for side in (-1, 1):
        (a, b, narrow), (c, d, _) = (
            face.at(0.24 * side, 0.26),
            face.at(0.40 * side, 0.52),
        )
        part, p, q = canvas.near(a, b, 0.45)
        fold = segment(p, q, (0.0, 0.0), (c - a, d - b), 0.007)
        part.paint(part.cover(fold), dark, 0.8 * age * (narrow > 0.2))
        x, y, narrow = face.at(looks["eye_gap"] * side, face.eye_height + 0.19)
        part, p, q = canvas.near(x, y, 0.25, 0.15)
        bag = bow(p, q, 0.10 * np.maximum(narrow, 0.1), -0.03, 0.006)
        part.paint(part.cover(bag), dark, 0.8 * age * (narrow > 0.2))


def _paint_eyes(canvas, face):
    looks = face.looks
    size = 0.105 * looks["eye_size"] * face.eyes
    for side in (-1, 1):
        x, y, narrow = face.at(looks["eye_gap"] * side, face.eye_height)
        seen = (narrow > 0.12).astype("float32")
        wide = size * np.maximum(narrow, 0.15)
        part, p, q = canvas.near(x, y, 0.36)
        p, q = turned(p, q, side * looks["eye_tilt"])
        white = ellipse(p, q, wide, 0.74 * size)
        cover = part.cover(white)
        part.paint(part.cover(white - 0.02), looks["skin"] * 0.5, 0.6 * seen)
        part.paint(cover, (250, 250, 250), seen)
        look = 0.16 * size * np.sin(face.yaw)
        iris = ellipse(p - column(look), q, 0.58 * wide, 0.58 * size)
        part.paint(part.cover(iris) * cover, looks["eye_color"], seen)
        pupil = ellipse(p - column(look), q, 0.30 * wide, 0.30 * size)
        part.paint(part.cover(pupil) * cover, (20, 18, 18), seen)
        glint = ellipse(p - column(look + 0.2 * wide), q + column(0.22 * size),
                        0.16 * wide, 0.16 * size)  # fmt: skip
        part.paint(part.cover(glint) * cover, (255, 255, 255), 0.9 * seen)
        lid = bow(p, q + column(0.72 * size), 1.05 * wide, 0.28 * size, 0.016)
        part.paint(part.cover(lid), (46, 34, 30), seen)
        x, y, narrow = face.at(
            looks["eye_gap"] * side, face.eye_height - looks["brow_height"] - 0.02
        )
        part, p, q = canvas.near(x, y, 0.36, 0.2)
        p, q = turned(p, q, side * looks["brow_tilt"])
        brow = bow(
            p, q, 1.15 * size * np.maximum(narrow, 0.15), 0.02, 0.020 * face.brows
        )
        dark = 0.7 * looks["hair_color"]
        part.paint(part.cover(brow), dark, (narrow > 0.1) * 0.95)


def _paint_nose(canvas, face):
    looks, skin = face.looks, face.looks["skin"]
    tip = face.eye_height + looks["nose_length"]
    (a, b, _), (c, d, _) = face.at(0.0, face.eye_height + 0.04), face.at(0.0, tip)
    push = 0.16 * face.width * np.sin(face.yaw)  # it stands out of the face
    wide = looks["nose_width"] * face.width / 0.5
    part, p, q = canvas.near(c + push, d, 0.4, 0.5)
    ridge = segment(p, q, (a - c - push, b - d), (0.0, 0.0), 0.016)
    part.paint(part.cover(ridge, 0.03), skin * 0.84, 0.6)
    ball = ellipse(p, q, wide, 0.72 * wide)
    part.paint(part.cover(ball, 0.02), skin * (0.92, 0.82, 0.78))
    shine = ellipse(p + 0.02, q + 0.025, 0.03, 0.022)
    part.paint(part.cover(shine, 0.02), skin * 1.1, 0.6)
    under = bow(p, q - column(0.6 * wide), 0.7 * wide, -0.02, 0.010)
    part.paint(part.cover(under), skin * 0.62, 0.8)


def _paint_mouth(canvas, face, mouth):
    looks = face.looks
    half = looks["mouth_width"] * face.mouth
    (a, _, _), (c, _, _) = (face.at(s * half, looks["mouth_height"]) for s in (-1, 1))
    _, y, _ = face.at(0.0, looks["mouth_height"])
    x, wide = (a + c) / 2, np.maximum((c - a) / 2, 0.05)
    part, p, q = canvas.near(x, y, 0.5, 0.36)
    lips = looks["skin"] * (0.72, 0.42, 0.42)
    neutral, smile, opened, sad = (mouth == k for k in range(4))
    rise = np.where(smile, -0.09, np.where(sad, 0.09, 0.0))
    line = bow(p, q + column(0.5 * rise), wide, rise, 0.020)
    part.paint(part.cover(line), lips, ~opened)
    lower = bow(p, q - column(0.055 - 0.3 * rise), 0.5 * wide, -0.02, 0.012)
    part.paint(part.cover(lower), looks["skin"] * 0.8, 0.7 * (neutral | sad))
    hole = ellipse(p, q, 0.82 * wide, 0.115)
    part.paint(part.cover(hole - 0.022), lips, opened)
    cover = part.cover(hole)
    part.paint(cover, (88, 26, 32), opened)
    teeth = box(p, q + 0.085, 0.6 * wide, 0.045, 0.02)
    part.paint(part.cover(teeth) * cover, (250, 248, 240), opened)
    tongue = ellipse(p, q - 0.09, 0.5 * wide, 0.06)
    part.paint(part.cover(tongue) * cover, (206, 96, 100), opened)


def _paint_hair(canvas, face, kinds, color):
    x, y = canvas.x - column(face.center[0]), canvas.y - column(face.center[1])
    w, h = face.width, face.height
    turn = 0.28 * w * np.sin(face.yaw)  # the hairline turns with the face
    skull = ellipse(x, y + column(0.06 * h), 1.07 * w, 1.06 * h)
    line = ellipse(x - column(turn), y - column(0.34 * h), 0.98 * w, 0.92 * h)
    cap = np.maximum(skull, -line)
    cap = np.maximum(cap, y - column(0.10 * h))
    canvas.paint(canvas.cover(cap), color, ~kinds["bald"], shaded=True)
    for side in (-1, 1):
        part, p, q = canvas.near(
            face.center[0] + side * 0.98 * w, face.center[1], 0.3, 1.1
        )
        strand = box(p, q - column(0.42 * h), 0.17 * w, 0.86 * h, 0.06)
        part.paint(part.cover(strand), color * 0.94, kinds["long"], shaded=True)
    for k in range(11):
        angle = np.pi * (k / 10 * 1.16 - 0.08)
        away = 1.0 + 0.05 * (k % 2)
        a, b = -np.cos(angle) * w * away, -np.sin(angle) * h * away - 0.04 * h
        part, p, q = canvas.near(face.center[0] + a, face.center[1] + b, 0.3)
        curl = ellipse(p, q, 0.25 * w, 0.23 * w)
        light = color * (0.92 + 0.12 * (k % 2))
        part.paint(part.cover(curl), light, kinds["curly"], shaded=True)
        if 0 < k < 10:
            tip = (0.20 * a + 0.1 * turn, 0.22 * b - 0.03)
            spike = segment(p, q, (-0.22 * a, -0.20 * b), tip, 0.07)
            part.paint(part.cover(spike), color, kinds["spiky"], shaded=True)
    part, p, q = canvas.near(face.center[0], face.center[1] - 0.8 * h, 0.6, 0.4)
    shine = bow(p - column(0.5 * turn), q + column(0.06 * h), 0.5 * w, 0.10 * h, 0.016)
    bright = np.minimum(color * 1.35 + 18, 255)
    part.paint(part.cover(shine, 0.03), bright, 0.5 * (kinds["short"] | kinds["long"]))
    gleam = ellipse(p + column(0.3 * w - turn), q - column(0.08 * h), 0.2 * w, 0.08 * h)
    bright = np.minimum(face.looks["skin"] * 1.12 + 6, 255)
    part.paint(part.cover(gleam, 0.08), bright, 0.6 * kinds["bald"])


def _paint_glasses(canvas, face, glasses):
    looks = face.looks
    around, dark = glasses == 1, glasses == 3
    worn, frame = glasses > 0, np.array([40, 40, 48], "float32")
    size, inner = 0.175 * face.width / 0.5, []
    for side in (-1, 1):
        x, y, narrow = face.at(looks["eye_gap"] * side, face.eye_height + 0.01)
        seen, wide = narrow > 0.1, size * np.maximum(narrow, 0.15)
        part, p, q = canvas.near(x, y, 0.36)
        away = np.where(
            column(around) > 0,
            ellipse(p, q, wide, size),
            box(p, q, wide, 0.8 * size, 0.3 * np.minimum(size, wide)),
        )
        cover = part.cover(away)
        part.paint(cover, (30, 32, 44), 0.88 * (dark & seen))
        glare = segment(
            p, q, (-0.5 * wide, 0.35 * size), (0.3 * wide, -0.5 * size), 0.02
        )
        part.paint(
            part.cover(glare, 0.02) * cover, (235, 240, 250), 0.45 * (worn & seen)
        )
        part.paint(part.cover(np.abs(away) - 0.024), frame, worn & seen)
        inner.append((x - side * wide, y))
        ear_x, ear_y = face.ear(side)
        part, p, q = canvas.near(x, y, 0.8, 0.36)
        hinge, end = (side * wide, 0.0), (ear_x - x, ear_y - 0.05 - y)
        temple = segment(p, q, hinge, end, 0.016)
        near = (side * np.sin(face.yaw) < 0.25) & seen
        part.paint(part.cover(temple), frame, worn & near)
    (a, b), (c, d) = inner
    part, p, q = canvas.near(a, b, 0.4)
    bridge = segment(p, q, (0.0, 0.0), (c - a, d - b), 0.022)
    part.paint(part.cover(bridge), frame, worn)
