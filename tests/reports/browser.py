"""A real browser without a window, for the tests of pages."""

import html
import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
# What scripts of tests use: `done(value)` ends the test's page; `press` and `wait`;
# `contrast(element)` is the ratio of WCAG 2.1 between its text and what is behind it.
TOOLS = """
const done = (value) => {
  const out = parent.document.createElement("pre");
  out.id = "out";
  out.textContent = JSON.stringify(value);
  parent.document.body.append(out);
};
const press = (key) => document.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const overflow = () => document.documentElement.scrollWidth - innerWidth;
const linear = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = (color) => color.match(/[\\d.]+/g).slice(0, 3)
  .reduce((sum, c, i) => sum + linear(c / 255) * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (element) => {
  let back = element;
  const clear = (e) => /, 0\\)$/.test(getComputedStyle(e).backgroundColor);
  while (clear(back) && back !== document.body) back = back.parentElement;
  const color = getComputedStyle(element).color;
  const tones = [color, getComputedStyle(back).backgroundColor].map(light);
  tones.sort((a, b) => a - b);
  return (tones[1] + 0.05) / (tones[0] + 0.05);
};
const faintest = () => Math.min(...[...document.querySelectorAll("body *")]
  .filter((e) => e.offsetParent && [...e.childNodes].some(
    (n) => n.nodeType === 3 && n.textContent.trim())).map(contrast));
"""


def run_in_browser(page, script, folder, width=375, dark=False, budget=60000):
    """Opens a page as wide as a phone, runs a script in it, returns what it says.

    Args:
        page: str, HTML.
        script: str, JavaScript that calls `done(value)`; it may `await`.
        folder: path for the browser's files.
        width: int, pixels.
        dark: bool. Whether the user prefers dark pages.
        budget: int, milliseconds of virtual time.
    """
    call = f"{TOOLS}(async () => {{{script}}})().catch((e) => done(`${{e}}`));"
    inner = page.replace("</body>", f"<script>{call}</script></body>")
    assert inner != page
    frame = f'<iframe style="border:0;width:{width}px;height:700px" srcdoc="'
    outer = folder / "browser.html"
    outer.write_text(
        f'<!DOCTYPE html><body>{frame}{html.escape(inner)}"></iframe></body>',
        encoding="utf-8",
    )
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--disable-background-networking", "--disable-component-update"]
    command += [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    command += [f"--virtual-time-budget={budget}"]
    command += [f"--user-data-dir={folder / 'browser'}", outer.as_uri()]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if not ended.stdout:  # too little memory to address, say
        pytest.skip(f"Chromium does not start: {ended.stderr[-200:]}")
    found = re.search('<pre id="out">(.*?)</pre>', ended.stdout, re.S)
    assert found, f"the script did not end: {ended.stderr[-500:]}"
    return json.loads(html.unescape(found[1]))
