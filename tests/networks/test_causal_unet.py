"""CausalUNet: which activation of the way down goes where on the way up."""

from kerasgen.networks.causal_unet import CausalUNet

RESIZING = ("u_shrink", "ul_shrink", "u_enlarge", "ul_enlarge")


def record(resnets, resolutions):
    """Returns the calls of blocks, `(name, input, sides)`, and the output, by name."""
    calls, count = [], {"u": 0, "ul": 0}

    def stub(name):
        def call(x, sides=(), labels=None, training=False):
            calls.append((name, x, tuple(sides)))
            return name

        return call

    def make(shift, sides):
        stream = "u" if shift == "down" else "ul"
        count[stream] += 1
        return stub(f"{stream}{count[stream]}")

    level = unet = CausalUNet(1, resnets, resolutions, make)
    while level.lower is not None:
        lower = level.lower
        for name in RESIZING:
            object.__setattr__(level, name, stub(name))
        object.__setattr__(level, "lower", lower.call)
        level = lower
    return calls, unet.call("u0", "ul0")


def test_wiring_of_two_resolutions():
    calls, output = record(resnets=1, resolutions=2)
    assert calls == [
        ("u1", "u0", ()),
        ("ul1", "ul0", ("u1",)),
        ("u_shrink", "u1", ()),
        ("ul_shrink", "ul1", ()),
        ("u4", "u_shrink", ()),
        ("ul4", "ul_shrink", ("u4",)),
        ("u5", "u4", ("u_shrink",)),
        ("ul5", "ul4", ("u5", "ul_shrink")),
        ("u_enlarge", "u5", ()),
        ("ul_enlarge", "ul5", ()),
        ("u2", "u_enlarge", ("u1",)),
        ("ul2", "ul_enlarge", ("u2", "ul1")),
        ("u3", "u2", ("u0",)),
        ("ul3", "ul2", ("u3", "ul0")),
    ]
    assert output == ("u3", "ul3")


def test_each_stored_activation_is_used_once():
    """As many as in the released code: its lists of activations end empty."""
    resnets, resolutions = 5, 3
    calls, _ = record(resnets, resolutions)
    blocks = [call for call in calls if call[0] not in RESIZING]
    assert len(blocks) == 2 * (3 * resnets + (resnets + 1) * 2 + resnets)
    for stream in ("u", "ul"):
        up = [c for c in blocks if c[0].rstrip("0123456789") == stream]
        sides = [c[2][-1] for c in up if len(c[2]) == 1 + (stream == "ul")]
        assert len(sides) == 3 * resnets + 2
        stored = [side for side in sides if not side.endswith("shrink")]
        assert len(set(stored)) == len(stored) == 3 * resnets
        assert sides.count(f"{stream}_shrink") == 2
