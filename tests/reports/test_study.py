"""The page of a human study: its order, what it hides, and a person who answers."""

import base64
import json
import re

import numpy as np
import pytest

from kerasgen.images import png_bytes
from kerasgen.reports import StudyAnswers, make_study
from kerasgen.reports.study import num_pictures
from tests.reports.browser import needs_browser, run_in_browser

pytestmark = pytest.mark.any_backend
NAMES = ["cat", "dog", "<b>"]


def drawn(count, shift):
    """Returns PNG files of pictures that are all different."""
    images = np.arange(count)[:, None, None] * 4 + np.arange(16).reshape(4, 4) // 8
    return [png_bytes((image + shift).astype("uint8")) for image in images]


def study(count=9, question="real", num_practice=2, **options):
    real, generated = drawn(count, 0), drawn(count, 100)
    if question == "class":
        options |= {"labels": [i % 3 for i in range(count)], "class_names": NAMES}
    options = {"size": (4, 4), "num_practice": num_practice, **options}
    return make_study(real, generated, question=question, **options)


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page)[1])


@pytest.mark.parametrize("question", ["real", "pair", "class"])
def test_every_picture_is_shown_once_and_practice_is_balanced(question):
    made = study(question=question, num_practice=4)
    shown = [k for trial in made.trials for k in trial]
    assert sorted(shown) == list(range(18)) and len(made.pictures) == 18
    assert made.num_practice == 4
    for part in (made.trials[:4], made.trials[4:]):
        real = [made.real[k] for trial in part for k in trial]
        assert 2 * sum(real) == len(real)
    if question == "pair":
        assert all(made.real[a] != made.real[b] for a, b in made.trials)
        sides = [made.real[a] for a, _ in made.trials]
        assert 0 < sum(sides) < len(sides)


def test_pairs_keep_together_what_belongs_together():
    made = study(question="pair")
    real, generated = drawn(9, 0), drawn(9, 100)
    for a, b in made.trials:
        a, b = (a, b) if made.real[a] else (b, a)
        assert real.index(made.pictures[a]) == generated.index(made.pictures[b])


def test_the_seed_gives_the_order_and_the_order_says_nothing():
    one, same, other = study(seed=3), study(seed=3), study(seed=4)
    assert one == same and one.id == same.id and one.page() == same.page()
    assert one.trials != other.trials and one.id != other.id
    numbers = [
        k for made in (study(60, seed=s) for s in range(20)) for k in [made.real]
    ]
    # Real pictures stand anywhere: 20 x 60 of them, their mean place 59.5 +- 1.0.
    places = np.concatenate([np.flatnonzero(real) for real in numbers])
    assert abs(places.mean() - 59.5) < 4


@pytest.mark.parametrize("question", ["real", "pair", "class"])
def test_the_page_needs_no_network_and_does_not_tell_which_is_real(question):
    made = study(question=question, settings={"model": "DCGAN", "data": "</script>"})
    page = made.page()
    assert not re.search(r"(?:src|href)=|https?:|url\(", page.split("<script", 1)[0])
    assert page.count("</script>") == 2 and "</script>" not in data_of(page)["settings"]
    data = data_of(page)
    assert [base64.b64decode(p) for p in data["pictures"]] == made.pictures
    mask, key = (base64.b64decode(data[name]) for name in ("mask", "key"))
    truth = [a ^ b for a, b in zip(mask, key, strict=True)]
    assert truth[0::2] == [int(real) for real in made.real]
    assert truth[1::2] == (made.labels or [0] * 18)
    # Neither of the two strings alone is the truth, nor its opposite.
    for part in (mask, key):
        bits = [byte & 1 for byte in part[0::2]]
        assert bits != truth[0::2] and bits != [1 - bit for bit in truth[0::2]]
    told = {k: v for k, v in data.items() if k not in ("pictures", "mask", "key")}
    assert "true" not in json.dumps(told) and "generated" not in json.dumps(told)


@needs_browser
def test_a_person_answers_by_keys_on_a_phone_and_the_file_says_the_same(tmp_path):
    made = study(question="real", num_practice=2)
    result = run_in_browser(
        made.page().replace('"pause": 1200', '"pause": 20'),
        """
        const faint = [faintest()], wide = [overflow()], told = [], alts = new Set();
        press("ArrowRight");  // before the start: nothing
        $("name").value = "Ada & co";
        $("begin").requestSubmit();
        let n = 0;
        while ($("end").hidden) {
          await wait(5);
          if (!open) {
            if ($("feedback").textContent) told.push($("feedback").textContent);
            continue;
          }
          if (n === 2) { faint.push(faintest()); wide.push(overflow()); }
          document.querySelectorAll("#stage img").forEach((i) => alts.add(i.alt));
          press("x");
          press(n++ % 3 ? "ArrowRight" : "ArrowLeft");
        }
        press("ArrowRight");
        faint.push(faintest()); wide.push(overflow());
        let file = null, name = null;
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => { file = blob; return make(blob); };
        HTMLAnchorElement.prototype.click = function () { name = this.download; };
        $("save").click();
        done({ faint, wide, told: [...new Set(told)], alts: [...alts],
               name, file: JSON.parse(await file.text()),
               found: $("found").textContent, json: JSON.parse($("json").value),
               shots: document.querySelectorAll("#found img").length });
        """,
        tmp_path,
    )
    assert min(result["faint"]) >= 4.5 and max(result["wide"]) <= 0
    assert result["file"] == result["json"]
    assert result["name"] == "answers-Ada-co.json"
    assert result["alts"] == ["picture"] and 1 <= len(result["told"]) <= 2
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(result["json"]))
    answers = StudyAnswers([file])
    given = [False, True, True] * 6  # left says generated
    expected = [
        said == made.real[k] for said, (k,) in zip(given, made.trials, strict=True)
    ]
    assert [a["right"] for a in result["json"]["answers"]] == expected
    right = answers.shares["right"]
    assert (right["some"], right["count"]) == (sum(expected[2:]), 16)
    for name, words in (
        ("right", "Right"),
        ("fooled", "Generated, taken for real"),
        ("doubted", "Real, taken for generated"),
    ):
        s = answers.shares[name]
        text = f"{words}: {s['some']} of {s['count']}, {100 * s['value']:.1f} % "
        text += f"(95 % interval {100 * s['low']:.1f} to {100 * s['high']:.1f} %)"
        assert text in result["found"]
    assert result["shots"] == 16 - sum(expected[2:])
    assert answers.people[0]["participant"] == "Ada & co"


@needs_browser
def test_pairs_are_shown_for_a_time_and_answered_by_a_tap_in_the_dark(tmp_path):
    made = study(4, "pair", num_practice=1, seconds=0.5)
    result = run_in_browser(
        made.page(),
        """
        $("begin").requestSubmit();
        const seen = [], taps = [], sides = [];
        while ($("end").hidden) {
          await wait(10);
          if (!open) continue;
          const frames = [...$("stage").children];
          const gone = () => frames.map((f) => f.classList.contains("gone"));
          seen.push(gone());
          await wait(700);
          seen.push(gone());
          const boxes = frames.map((f) => f.getBoundingClientRect());
          sides.push(boxes.map((b) => [b.width, b.height]));
          frames[1].click();
          taps.push(gone());
        }
        done({ seen, taps, sides, wide: overflow(), faint: faintest(),
               json: JSON.parse($("json").value) });
        """,
        tmp_path,
        dark=True,
    )
    shown, hidden = [False, False], [True, True]
    assert result["seen"] == [shown, hidden] * 4
    assert result["taps"][0] == shown  # practice shows them again, with the answer
    sizes = np.ptp(np.array(result["sides"]).reshape(-1, 2), axis=0)
    assert sizes.max() == 0 and result["wide"] <= 0 and result["faint"] >= 4.5
    answers = result["json"]["answers"]
    assert [a["practice"] for a in answers] == [True, False, False, False]
    assert [a["right"] for a in answers] == [made.real[b] for _, b in made.trials]
    assert all(0.6 < a["seconds"] < 2 for a in answers)


@needs_browser
def test_classes_have_keys_and_names_are_no_html(tmp_path):
    made = study(3, "class", num_practice=0)
    result = run_in_browser(
        made.page(),
        """
        const labels = [...$("answers").children].map((b) => b.textContent);
        $("begin").requestSubmit();
        while ($("end").hidden) { await wait(5); if (open) press("2"); }
        const small = [...document.querySelectorAll("small")];
        done({ labels, json: JSON.parse($("json").value),
               captions: small.map((s) => s.textContent) });
        """,
        tmp_path,
    )
    assert result["labels"] == ["cat 0", "dog 1", "<b> 2"]
    file = tmp_path / "a.json"
    file.write_text(json.dumps(result["json"]))
    answers = StudyAnswers([file])
    assert answers.shares["right"]["some"] == 2
    assert answers.confusion() == {
        kind: [[0, 0, 1], [0, 0, 1], [0, 0, 1]] for kind in ("real", "generated")
    }
    assert "generated dog, taken for <b>" in result["captions"]


def test_numbers_of_pictures():
    assert num_pictures("real", 40, 10) == 25 and num_pictures("class", 5, 3) == 5
    assert num_pictures("pair", 40, 10) == 50


@pytest.mark.parametrize(
    "options, message",
    [
        ({"question": "who"}, "`question` must be one of"),
        ({"num_practice": 18}, "`num_practice` must leave pictures"),
        ({"seconds": 0}, "`seconds` must be above 0 or None"),
        ({"question": "class", "class_names": ["a"]}, "`class_names` must hold 2 to"),
        ({"question": "class", "labels": [7] * 9}, "`labels` must be numbers of"),
        ({"question": "class", "labels": None}, "`labels` and `class_names` must be"),
    ],
)
def test_what_makes_no_study_is_refused(options, message):
    options = {"labels": [0] * 9, "class_names": NAMES, **options}
    options = {"size": (4, 4), "num_practice": 0, **options}
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        make_study(drawn(9, 0), drawn(9, 100), **options)
    with pytest.raises(ValueError, match="must hold as many pictures.*Received"):
        make_study(drawn(2, 0), drawn(3, 0), (4, 4))
    with pytest.raises(ValueError, match="`path` must end with .html.*Received"):
        study().save("a.pdf")
