"""What people answered in a human study, pooled: shares, and what misled them."""

import json
import math
import re
import statistics
from pathlib import Path

from kerasgen.atomic_folder import replacing
from kerasgen.reports.columns import in_columns
from kerasgen.reports.page import page, table, text
from kerasgen.reports.study import QUESTIONS
from kerasgen.reports.study_script import STYLE

Z = 1.959964  # of an interval of 95 %
MOST = 12  # pictures of each kind on a page
_NAMES = {
    "right": "right",
    "fooled": "generated, taken for real",
    "doubted": "real, taken for generated",
    "real_right": "right of real pictures",
    "generated_right": "right of generated pictures",
}


class StudyAnswers:
    """The answers of one person or more to one study, without the practice.

    Args:
        paths: paths of the files that the page saved, one a person.

    Attributes:
        question: str, as in `Study`.
        people: list of dicts: `participant`, `right`, `count`.
        shares: dict from name to dict: `value`, `low` and `high` (Wilson's interval of
            95 %, as if answers were independent), `some`, `count`. Names: `right`; of
            single pictures also `fooled` (generated ones taken for real) and `doubted`
            (real ones taken for generated); of classes `real_right` and
            `generated_right`.
        between: dict: `mean` and `standard_error` of the people's shares of right
            answers, over people; None for one person.
        pictures: list of dicts, by number: `picture`, `real`, `label`, `shown`, and
            `wrong`, how often it led to a wrong answer.
        settings: dict, what the pictures are.

    Raises:
        ValueError: if a file is none of a study, of another study than the first, or a
            person's for a second time.
    """

    def __init__(self, paths):
        if not paths:
            raise ValueError("`paths` must name a file of answers. Received: none")
        files = [_read(path) for path in paths]
        first = files[0]
        seen = {}
        for path, found in zip(paths, files, strict=True):
            if found["study"] != first["study"]:
                raise ValueError(
                    "`paths` must be answers to one study. Received: "
                    f"{paths[0]} of study {first['study']}, {path} of {found['study']}"
                )
            if found["session"] in seen:
                raise ValueError(
                    "`paths` must be of different people or sessions. Received: "
                    f"{seen[found['session']]} and {path}, which are the same answers"
                )
            seen[found["session"]] = path
        self.study, self.question = first["study"], first["question"]
        self.classes, self.settings = first.get("classes"), first.get("settings") or {}
        counted = [[a for a in f["answers"] if not a["practice"]] for f in files]
        self.answers = [answer for part in counted for answer in part]
        if not self.answers:
            raise ValueError(
                "`paths` must hold answers beside those for practice. Received: "
                f"{', '.join(map(str, paths))}"
            )
        self.people = [
            {
                "participant": found.get("participant") or found["session"],
                "right": sum(a["right"] for a in part),
                "count": len(part),
            }
            for found, part in zip(files, counted, strict=True)
            if part
        ]
        self.shares = self._shares()
        self.between = self._between()
        self.pictures = self._pictures()

    def _shares(self):
        found = {"right": [a["right"] for a in self.answers]}
        if self.question != "pair":
            real = [a for a in self.answers if a["real"][0]]
            fake = [a for a in self.answers if not a["real"][0]]
            if self.question == "real":
                found["fooled"] = [not a["right"] for a in fake]
                found["doubted"] = [not a["right"] for a in real]
            else:
                found["real_right"] = [a["right"] for a in real]
                found["generated_right"] = [a["right"] for a in fake]
        return {name: share(sum(v), len(v)) for name, v in found.items() if v}

    def _between(self):
        shares = [person["right"] / person["count"] for person in self.people]
        if len(shares) < 2:
            return None
        error = statistics.stdev(shares) / math.sqrt(len(shares))
        return {"mean": statistics.mean(shares), "standard_error": error}

    def _pictures(self):
        found = {}
        for answer in self.answers:
            labels = answer.get("labels") or [None] * len(answer["pictures"])
            facts = zip(answer["pictures"], answer["real"], labels, strict=True)
            for number, real, label in facts:
                row = found.setdefault(
                    number, {"picture": number, "real": real, "label": label}
                )
                row["shown"] = row.get("shown", 0) + 1
                row["wrong"] = row.get("wrong", 0) + (not answer["right"])
        return [found[number] for number in sorted(found)]

    def confusion(self):
        """Returns how often each class was taken for each: a dict of lists of rows.

        Keys are `"real"` and `"generated"`. Of the question "class" alone.
        """
        size, kinds = len(self.classes), ("real", "generated")
        found = {kind: [[0] * size for _ in range(size)] for kind in kinds}
        for answer in self.answers:
            rows = found["real" if answer["real"][0] else "generated"]
            rows[answer["labels"][0]][answer["answer"]] += 1
        return found

    def most(self, real):
        """Returns the pictures that misled most: generated ones, or real ones."""
        rows = [p for p in self.pictures if p["real"] is real and p["wrong"]]
        return sorted(rows, key=lambda p: (-p["wrong"] / p["shown"], -p["shown"]))

    def to_dict(self):
        """Returns all as a dict that JSON can hold."""
        names = ("study", "question", "settings", "people", "shares", "between")
        return {name: getattr(self, name) for name in (*names, "pictures")}

    def rows(self):
        """Returns the shares as rows of text: name, share, interval, count."""
        return [
            [
                "generated, taken for real" if self._is_paired(name) else _NAMES[name],
                f"{100 * s['value']:.1f} %",
                f"{100 * s['low']:.1f} to {100 * s['high']:.1f} %",
                f"{s['some']} of {s['count']}",
            ]
            for name, s in self._told().items()
        ]

    def _is_paired(self, name):
        return self.question == "pair" and name == "fooled"

    def _told(self):
        """Returns the shares; of pairs also the papers' figure, the wrong answers."""
        if self.question != "pair":
            return self.shares
        right = self.shares["right"]
        fooled = share(right["count"] - right["some"], right["count"])
        return {**self.shares, "fooled": fooled}

    def summary(self):
        """Returns who answered, in a sentence or two."""
        count = len(self.people)
        found = f"{len(self.answers)} answers of {count} "
        found += "person." if count == 1 else "people."
        if self.between:
            found += f" Mean over people {100 * self.between['mean']:.1f} ± "
            found += f"{100 * self.between['standard_error']:.1f} % right (standard "
            found += "error)."
        return found

    def __str__(self):
        head = ["share", "", "95 % interval", "answers"]
        lines = in_columns([head, *self.rows()])
        told = [f"{key}: {value}" for key, value in self.settings.items()]
        for real in (False, True):
            rows = self.most(real)[:5]
            if rows:
                kind = "real pictures" if real else "generated pictures"
                parts = [f"{r['picture']} ({r['wrong']}/{r['shown']})" for r in rows]
                told.append(f"{kind} that misled most: {', '.join(parts)}")
        return "\n".join([*lines, self.summary(), *told])

    __repr__ = __str__

    def _repr_html_(self):
        return self._table() + table(None, self._told_of())

    def _table(self):
        head = ["share", "", "95 % interval", "answers"]
        return table(head, self.rows()) + f"<p>{text(self.summary())}</p>"

    def page(self, study=None):
        """Returns a page of the results.

        Args:
            study: path of the page of the study, for the pictures; or None.
        """
        pictures, shape = _pictures_of(study, self.study) if study else (None, "")
        sections = [(None, self._table())]
        for real, title in (
            (False, "Generated pictures that misled most"),
            (True, "Real pictures that misled most"),
        ):
            sections.append((title, self._shots(self.most(real), pictures, shape)))
        if self.question == "class":
            for kind, rows in self.confusion().items():
                body = [[n, *row] for n, row in zip(self.classes, rows, strict=True)]
                told = "<p>Rows: the class; columns: the answer.</p>"
                head = ["", *self.classes]
                counted = table(head, body, numbers=range(1, len(head)))
                sections.append((f"Classes of {kind} pictures", told + counted))
        people = [[p["participant"], p["right"], p["count"]] for p in self.people]
        people = table(["person", "right", "answers"], people, numbers=(1, 2))
        sections += [("People", people), ("Pictures", table(None, [*self._told_of()]))]
        return page("Answers to a human study", sections, style=STYLE)

    def _told_of(self):
        return [[key, value] for key, value in self.settings.items()]

    def _shots(self, rows, pictures, shape):
        if not rows:
            return ""
        if pictures is None:
            cells = [[r["picture"], r["wrong"], r["shown"]] for r in rows[:MOST]]
            return table(["picture", "misled", "shown"], cells, numbers=(0, 1, 2))
        shown = []
        for row in rows[:MOST]:
            told = f"{row['wrong']} of {row['shown']}"
            if self.question == "class":
                told = f"{self.classes[row['label']]}, wrong {told}"
            shown.append(
                f'<figure><img alt="picture {row["picture"]}" src="data:image/png;'
                f'base64,{pictures[row["picture"]]}"><figcaption><small>{text(told)}'
                "</small></figcaption></figure>"
            )
        return f'<div class="shots" style="{shape}">{"".join(shown)}</div>'

    def save(self, path, study=None):
        """Writes the page of the results; returns its path."""
        with replacing(Path(path)) as temporary:
            temporary.write_text(self.page(study), encoding="utf-8")
        return Path(path)


def share(some, count):
    """Returns a share with Wilson's interval of 95 % (Wilson, 1927), as a dict."""
    p, scale = some / count, 1 + Z * Z / count
    middle = (p + Z * Z / (2 * count)) / scale
    half = Z / scale * math.sqrt(p * (1 - p) / count + Z * Z / (4 * count * count))
    ends = {"low": max(0.0, middle - half), "high": min(1.0, middle + half)}
    return {"value": p, **ends, "some": some, "count": count}


def _read(path):
    """Returns the content of a file of answers, checked."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        answers = found["answers"]
        known = found["kind"] == "kerasgen study" and found["version"] == 1
        known = known and found["question"] in QUESTIONS
        for answer in answers:
            known = known and isinstance(answer["right"], bool)
            known = known and len(answer["pictures"]) == len(answer["real"])
            known = known and {"practice", "answer"} <= set(answer)
        known = known and isinstance(found["study"], str) and found["session"]
    except (AttributeError, KeyError, TypeError, ValueError):
        known = False
    if not known:
        raise ValueError(
            "`paths` must be files that the page of `kerasgen study` saved. "
            f"Received: {path}"
        )
    return found


def _pictures_of(path, study):
    """Returns the pictures of a study's page in base64, and the style of their size."""
    content = Path(path).read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</scr', content)
    found = json.loads(data[1]) if data else {}
    if found.get("id") != study:
        raise ValueError(
            f"`study` must be the page that was answered, of study {study}. "
            f"Received: {path}, of {found.get('id')}"
        )
    return found["pictures"], re.search('<div id="study" style="(.*?)"', content)[1]
