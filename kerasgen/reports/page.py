"""The frame of a page: one file without links to others, in light and dark."""

import base64
import html
import re
from pathlib import Path

STYLE = """
:root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --faint: #59636e;
  --line: #d6dbe1; --panel: #f5f7f9; --c0: #0a5fb4; --c1: #c04a00; --c2: #17753a;
  --c3: #8a2fb0; --c4: #a8182d; --c5: #6a5a00; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e6e9ec;
  --faint: #9aa4af; --line: #343a41; --panel: #1d2226; --c0: #6cb2ff; --c1: #ffa366;
  --c2: #6bd394; --c3: #d59cf2; --c4: #ff8f9b; --c5: #dcc95e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--back);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0.5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
a { color: var(--c0); } p, li { max-width: 46rem; }
small, .faint { color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
figure { margin: 0.5rem 0; }
.beside { display: grid; gap: 0.5rem 1rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }
td { overflow-wrap: anywhere; }
th, td { text-align: left; padding: 0.25rem 0.8rem 0.25rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line); } th { font-weight: 600; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { background: var(--panel); padding: 0.6rem; overflow-x: auto; border-radius: 4px;
  font-size: 0.85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; background: #ffffff; border-radius: 4px; }
svg { max-width: 100%; height: auto; background: var(--panel); border-radius: 4px; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); } svg .curve { fill: none; stroke-width: 1.8; }
.legend span { display: inline-block; margin-right: 1rem; font-size: 0.85rem; }
.legend i { display: inline-block; width: 1rem; height: 3px; margin-right: 0.35rem;
  vertical-align: middle; }
input[type=range] { width: 100%; max-width: 40rem; }
@media print { body { max-width: none; } input[type=range] { display: none; } }
"""
SLIDER = """
for (const box of document.querySelectorAll("[data-slider]")) {
  const range = box.querySelector("input"), pictures = box.querySelectorAll("figure");
  const show = () => pictures.forEach((p, i) => { p.hidden = i != range.value; });
  range.addEventListener("input", show); show();
}
"""
COLORS = 6


def page(title, sections, script="", style=""):
    """Returns a page.

    Args:
        title: str.
        sections: list of pairs of a heading, or None, and HTML; those without HTML are
            left out.
        script, style: str, what the page needs besides those of all pages.
    """
    body = [f"<h1>{text(title)}</h1>"]
    for heading, content in sections:
        if content:
            body.append("" if heading is None else f"<h2>{text(heading)}</h2>")
            body.append(content)
    if any("data-slider" in b for b in body):
        script += SLIDER
    script = f"<script>{script}</script>" if script else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}{style}</style></head>\n<body>\n"
        + "\n".join(body)
        + f"\n{script}</body></html>\n"
    )


def text(value):
    """Returns a value as text that HTML cannot mistake for anything else."""
    return html.escape(str(value))


def number(value):
    """Returns a number in few digits, or what is no number as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if value is None else str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def table(head, rows, numbers=()):
    """Returns a table.

    Args:
        head: list of str, or None for a table without one.
        rows: list of lists of values, as many as `head` has.
        numbers: the columns that are numbers.
    """
    lines = []
    if head:
        lines.append("<tr>" + "".join(f"<th>{text(h)}</th>" for h in head) + "</tr>")
    for row in rows:
        cells = [
            f'<td class="number">{text(number(v))}</td>'
            if i in numbers
            else f"<td>{text('' if v is None else v)}</td>"
            for i, v in enumerate(row)
        ]
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def picture(path, alt):
    """Returns a picture of the file at `path`, with its bytes in the page."""
    path = Path(path)
    kind = {".png": "png", ".jpg": "jpeg", ".gif": "gif"}[path.suffix]
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{text(alt)}" src="data:image/{kind};base64,{data}">'


def beside(paths, alt):
    """Returns pictures beside each other where there is room, with their names.

    Args:
        paths: dict from name to path.
        alt: str, what they show.
    """
    shown = [
        f"<figure><figcaption>{text(name)}</figcaption>"
        f"{picture(path, f'{alt} of {name}')}</figure>"
        for name, path in paths.items()
    ]
    return f'<div class="beside">{"".join(shown)}</div>' if shown else ""


def slider(paths, alt, most=24):
    """Returns pictures of one place over time, moved through by a slider.

    Args:
        paths: list of paths, in order, such as `epoch-0005.png`.
        alt: str, what they show.
        most: int. Pictures in the page; of more, as many are chosen evenly, the first
            and the last among them.
    """
    if not paths:
        return ""
    if len(paths) > most:
        places = [round(i * (len(paths) - 1) / (most - 1)) for i in range(most)]
        paths = [paths[place] for place in places]
    figures = []
    for place, path in enumerate(paths):
        digits = re.search(r"(\d+)", Path(path).stem)
        caption = f"epoch {int(digits[1])}" if digits else Path(path).stem
        hidden = "" if place == len(paths) - 1 else " hidden"
        figures.append(
            f"<figure{hidden}>{picture(path, f'{alt}, {caption}')}"
            f"<figcaption><small>{text(caption)}</small></figcaption></figure>"
        )
    last = len(paths) - 1
    control = (
        f'<input type="range" min="0" max="{last}" value="{last}" '
        f'aria-label="{text(alt)}: which epoch"{"" if last else " hidden"}>'
    )
    return f"<div data-slider>{control}{''.join(figures)}</div>"
