"""The tables of the two READMEs, made of rows and of what models say of themselves."""

import decimal
import re

BEGIN = (
    "<!-- Made by 'kerasgen record --tables': edit results.jsonl, not these lines. -->"
)
END = "<!-- The end of what is made. -->"
NOT_RUN = "not yet run"

_DATA = {"mnist": "MNIST", "cifar10": "CIFAR-10", "jpeg-cifar": "JPEG-CIFAR"}
_FAMILIES = {
    "gans": "GANs",
    "autoencoders": "Autoencoders",
    "autoregressive": "Autoregressive models",
}
_BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
_NAMES = {"nats": "-log p(x)", "negative_elbo": "-ELBO", "bits_per_dim": ""}
_NAMES |= {"kl": "KL", "parzen": "Parzen", "code_nats": "codes"}


def in_order(references):
    """Returns the names of models by family and year.

    Args:
        references: dict from name to `(class, paper, link)`, as `listing.references`.
    """
    families = list(_FAMILIES)

    def place(name):
        family = name.split("/")[0]
        known = families.index(family) if family in families else len(families)
        return known, re.search(r"\d{4}", references[name][1])[0], name

    return sorted(references, key=place)


def model_table(references, rows):
    """Returns README's table: each model, its paper, and the best row of each data set.

    Args:
        references: as in `in_order`.
        rows: list of dicts, as `results.schema` says.
    """
    lines = ["| model | paper | result |", "| --- | --- | --- |"]
    for name in in_order(references):
        cls, paper, link = references[name]
        result = "; ".join(headlines(name, rows)) or NOT_RUN
        family = name.split("/")[0]
        cells = (f"`{family}.{cls}`", f"[{paper}]({link})", result)
        lines.append(_line(cells))
    return "\n".join(lines)


def headlines(name, rows):
    """Returns what README says of a model: the best row of each data set.

    Args:
        name: str, the recipe's.
        rows: list of dicts.
    """
    best = [row for row in rows if row["recipe"] == name and row["best"]]
    best.sort(key=lambda row: row["data"] == "digits")  # the smallest data last
    return [headline(row) for row in best]


def headline(row):
    """Returns what README says of a row: its first figure, or what samples are like."""
    figure = next((f for f in row["figures"] if f["num_examples"]), None)
    text = figure_text(figure) if figure else row["note"] or NOT_RUN
    epochs = f"{row['epochs']} epochs"
    if row["stopped_early"]:
        epochs = f"stopped after {row['epochs']} of {row['planned_epochs']} epochs"
    data = _data(row)
    if data == "digits" and "image_shape" in row:
        data += f" {_size(row)}"
        data += f", {row['levels']} levels" if row.get("levels", 2) > 2 else ""
    return f"{data}: {text} ({epochs})"


def recipe_tables(references, rows, reported):
    """Returns the tables of `recipes/README.md`: all rows, a table for each family.

    Args:
        references: as in `in_order`.
        rows: list of dicts, as `results.schema` says.
        reported: dict from recipe to what it says of the paper, for those without rows.
    """
    names, parts = in_order(references), []
    for family, title in _FAMILIES.items():
        lines = [
            f"### {title}\n",
            "| recipe, flags | trained on | figures | samples, remarks | settings by "
            "| the paper |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for name in names:
            if not name.startswith(f"{family}/"):
                continue
            found = [row for row in rows if row["recipe"] == name]
            lines += [_line(_cells(row)) for row in found]
            if not found:
                paper = reported.get(name, "")
                lines.append(_line((f"`{name}`", "", NOT_RUN, "", "", paper)))
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _cells(row):
    flags = row["command"].removeprefix(f"kerasgen train {row['recipe']}").strip()
    recipe = f"`{row['recipe']}`" + (f" `{flags}`" if flags else "")
    sentences = [_sentence(text) for text in (row["note"], *row.get("remarks", ()))]
    chosen = row["chosen_on"]
    paper = "; ".join(
        p["figure"] + (f" ({p['protocol']})" if p["protocol"] else "")
        for p in row["paper"]
    )
    told = " ".join(filter(None, sentences))
    return recipe, _trained(row), _figures(row), told, chosen, paper


def _sentence(text):
    """Returns a text as a sentence; a formula, `k = 5` say, keeps its small letter."""
    if not text:
        return ""
    word = re.match(r"[a-z-]+(?=[ ,.]|$)(?! =)", text)
    start = text[0].upper() if word else text[0]
    return start + text[1:] + ("" if text.endswith(".") else ".")


def _trained(row):
    """Returns the data, how long on what, and when."""
    pixels = [_data(row)]
    if "image_shape" in row:
        pixels.append(_size(row))
    if row.get("levels", 2) != 2:
        pixels.append(f"{row['levels']} levels")
    if "binarization" in row:
        pixels.append(f"{row['binarization']} binarisation")
    epochs = f"{row['epochs']} epochs"
    if row["stopped_early"]:
        epochs = f"{row['epochs']} of {row['planned_epochs']} epochs"
    if row["seconds_per_epoch"] is not None:
        epochs += f" of {_seconds(row['seconds_per_epoch'])}"
    details = [f"{row['steps']:,} steps"] if "steps" in row else []
    details += [f"{name} {count}" for name, count in row.get("parts", {}).items()]
    if "seconds" in row:
        details.append(f"{row['seconds']:,} s in all")
    if details:
        epochs += f" ({', '.join(details)})"
    versions = row.get("versions", {})
    backend = " ".join(
        [_BACKENDS[row["backend"]], *filter(None, [versions.get(row["backend"])])]
    )
    if row["precision"] != "float32":
        backend += f", {row['precision'].removeprefix('mixed_')}"
    parts = [", ".join(pixels), epochs, row["device"], backend]
    if row["seeds"] != [0]:
        parts.append(f"seeds {', '.join(map(str, row['seeds']))}")
    if row["commit"] is not None:
        parts.append(row["commit"][:9])
    return "; ".join([*parts, row["date"]])


def _figures(row):
    """Returns all figures of a row, each count of examples once."""
    figures, parts = row["figures"], []
    for number, figure in enumerate(figures, 1):
        after = figures[number] if number < len(figures) else None
        text = figure_text(figure)
        bound = re.fullmatch(r"nll_(\d+)_samples", figure["name"])
        if bound:
            text += f" by {int(bound[1]):,} importance samples"
        if "values" in figure:
            text += f" (seeds: {', '.join(map(_number, figure['values']))})"
        count = figure["num_examples"]
        if count is not None and (after is None or after["num_examples"] != count):
            text += f" ({count:,} {row['split']})"
        parts.append(text)
    if row["stopped_early"]:
        parts.insert(0, "stopped early")
    return "; ".join(parts)


def figure_text(figure):
    """Returns a figure in words, such as `"-log p(x) <= 87.95 ± 0.80 nats"`."""
    value, error = figure["value"], figure["standard_error"]
    text = _number(value)
    if error is not None:
        digits = 4  # of a mean of equal values, which has no error
        if error:
            digits = 1 - decimal.Decimal(repr(float(error))).adjusted()
        places = min(max(_places(value), _places(error)), max(digits, 0))
        near = "~" if figure["standard_error_from"] == "typical" else " "
        text = f"{value:.{places}f} ±{near}{error:.{min(places, _places(error))}f}"
    return " ".join(filter(None, [_name(figure["name"]), text, figure["unit"]]))


def _name(name):
    if re.fullmatch(r"nll_\d+_samples", name):
        return "-log p(x) ≤"
    name = re.sub(r"error_(\d+)_labels", r"error with \1 labels", name)
    return _NAMES.get(name, name.replace("_", " "))


def _number(value):
    return f"{value:,}" if isinstance(value, int) else f"{value:.5g}"


def _places(number):
    """Returns how many decimals a number was written with."""
    return max(0, -decimal.Decimal(repr(number)).normalize().as_tuple().exponent)


def _seconds(value):
    if isinstance(value, list):
        return f"{value[0]:g} to {value[1]:g} s"
    return f"{value:.3g} s"


def _size(row):
    return "x".join(map(str, row["image_shape"][:-1]))


def _data(row):
    return _DATA.get(row["data"], row["data"])


def _line(cells):
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def put(text, table):
    """Returns a text with a table in place of what is between its two marks.

    Args:
        text: str, which holds `BEGIN` and `END` once each.
        table: str.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(
            f"The text must hold {BEGIN!r} and {END!r} once each. Received: "
            f"{text.count(BEGIN)} and {text.count(END)}"
        )
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
