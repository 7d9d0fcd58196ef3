"""Curves over epochs, as SVG that takes the colours of the page."""

import math

from kerasgen.reports.page import COLORS, number, text

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 30


def curves(series, label="epoch"):
    """Returns curves with a legend.

    Args:
        series: dict from name to list of pairs of x and y; what is not finite is left
            out.
        label: str, below the x axis.
    """
    series = {
        name: [(x, y) for x, y in points if _is_finite(y)]
        for name, points in series.items()
    }
    series = {name: points for name, points in series.items() if points}
    if not series:
        return ""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    x_range, y_range = (min(xs), max(xs)), (min(ys), max(ys))
    lines = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">']
    names = ", ".join(series)
    lines.append(f"<title>{text(names)} by {text(label)}</title>")
    for y in ticks(*y_range):
        place = _down(y, y_range)
        lines.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" '
            f'y2="{place:.1f}"/><text x="{LEFT - 6}" y="{place + 4:.1f}" '
            f'text-anchor="end">{text(number(float(y)))}</text>'
        )
    for x in ticks(*x_range):
        lines.append(
            f'<text x="{_along(x, x_range):.1f}" y="{HEIGHT - BOTTOM + 16}" '
            f'text-anchor="middle">{text(number(float(x)))}</text>'
        )
    lines.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">{text(label)}'
        "</text>"
    )
    for place, points in enumerate(series.values()):
        color = f"var(--c{place % COLORS})"
        if len(points) == 1:
            x, y = points[0]
            lines.append(
                f'<circle cx="{_along(x, x_range):.1f}" cy="{_down(y, y_range):.1f}" '
                f'r="3" fill="{color}"/>'
            )
            continue
        path = " ".join(
            f"{_along(x, x_range):.1f},{_down(y, y_range):.1f}" for x, y in points
        )
        lines.append(f'<polyline class="curve" stroke="{color}" points="{path}"/>')
    lines.append("</svg>")
    legend = "".join(
        f'<span><i style="background: var(--c{i % COLORS})"></i>{text(name)}</span>'
        for i, name in enumerate(series)
    )
    return f'{"".join(lines)}<div class="legend">{legend}</div>'


def ticks(low, high, most=5):
    """Returns round numbers from `low` to `high`, at most about `most`."""
    if high <= low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= most)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _is_finite(y):
    return isinstance(y, (int, float)) and math.isfinite(y)


def _along(x, x_range):
    low, high = x_range
    share = (x - low) / (high - low) if high > low else 0.5
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _down(y, y_range):
    low, high = y_range
    share = (y - low) / (high - low) if high > low else 0.5
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
