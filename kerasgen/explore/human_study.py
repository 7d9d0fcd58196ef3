"""A human study of a model: its samples among real pictures, as one page."""

import numpy as np

from kerasgen.arguments import check_int, class_names
from kerasgen.features import pictures
from kerasgen.images import png_bytes, to_uint8
from kerasgen.images.values import visible_channels
from kerasgen.metrics.drawing import target
from kerasgen.reports.study import make_study, num_pictures


def human_study(
    model,
    data,
    question="real",
    num_trials=40,
    num_practice=10,
    seconds="default",
    seed=0,
    to=None,
    same_input=False,
):
    """Makes a study that asks people to tell real pictures from a model's.

    The page shows real and generated pictures in random order, takes the answers by
    keyboard or touch, tells the shares with their intervals, and saves the answers as a
    file; `kerasgen.reports.StudyAnswers` pools those of several people. All pictures
    are rounded to 8 bits, encoded alike, and enlarged pixel by pixel to one size.

    Args:
        model: a model with `sample`, or `translate`. A conditional one is asked for the
            classes of the real pictures.
        data: `kerasgen.data.Dataset` that the model was not trained on.
        question: `"real"`, one picture after the other, real or generated? `"pair"`, a
            real and a generated one, which is real (Isola et al., 2017, section 4.1)?
            `"class"`, of which class is it?
        num_trials: int. Trials that count, half of them of real pictures where these
            are shown one by one. Defaults to `40`.
        num_practice: int. Trials that come first, with feedback. Defaults to `10`.
        seconds: float, how long pictures are shown; None, until the answer. By default
            1 for pairs, else None.
        seed: int. Of the choice of pictures, their order and the samples. Defaults to
            `0`.
        to: str. The domain that a translator translates to, or None for its default.
        same_input: bool. Whether a pair is of one input, for translators that learn
            from pairs. Defaults to False, as the papers' studies of maps and aerial
            photos had it: other inputs are harder to tell.

    Returns:
        `kerasgen.reports.Study`; `save("study.html")` writes the page.
    """
    num_trials = check_int("num_trials", num_trials)
    check_int("num_practice", num_practice, 0)
    check_int("seed", seed, 0)
    count = num_pictures(question, num_trials, num_practice)
    if hasattr(model, "translate"):
        real, generated, told = _translated(model, data, count, seed, to, same_input)
        labels = None
    else:
        real, generated, labels, told = _sampled(model, data, count, seed)
    if question == "class":
        _check_labels(model, labels)
    names = class_names(model) or data.class_names
    if names is None and labels is not None and model.num_classes is not None:
        names = [str(number) for number in range(model.num_classes)]
    settings = {
        "model": type(model).__name__,
        "real": f"{data.name}, split {data.split}",
        **told,
        "seed": seed,
    }
    real, generated = _alike(real, generated)
    return make_study(
        [png_bytes(image) for image in real],
        [png_bytes(image) for image in generated],
        real.shape[1:3],
        question,
        num_practice,
        seconds,
        labels if question == "class" else None,
        names if question == "class" else None,
        seed,
        settings,
    )


def _sampled(model, data, count, seed):
    """Returns real and generated pictures, their labels or None, and facts."""
    if not hasattr(model, "sample"):
        raise TypeError(
            f"`model` must draw samples, or translate. Received: {type(model).__name__}"
        )
    x, labels = data.spread(count, seed)
    _check_enough(len(next(iter(x.values())) if isinstance(x, dict) else x), count)
    options = {}
    conditional = getattr(model, "num_classes", None) is not None
    if conditional or getattr(model, "condition_shape", None) is not None:
        options["labels"] = labels
    samples = model.sample(count, seed=seed, **options)
    drawn = [pictures(model.fields, part) for part in (x, samples)]
    if drawn[0].ndim != 4:
        raise TypeError(
            "`model` must make what is drawn as pictures. "
            f"Received: {type(model).__name__}"
        )
    return *drawn, labels if conditional else None, {}


def _translated(model, data, count, seed, to, same_input):
    to = target(model, to)
    source = model.source_of(to)
    if same_input and not model.paired:
        raise ValueError(
            "`same_input` must be False for a model that learns without pairs. "
            f"Received: same_input={same_input!r}, {type(model).__name__}"
        )
    wanted = count if same_input else 2 * count
    if model.paired:
        y, x = data.spread(wanted, seed)[::-1]
        domains = {"input": y, "target": x}
    else:
        domains = data.spread(wanted, seed)[0]
    _check_enough(len(domains[to]), wanted)
    generator = np.random.default_rng(seed)
    order = generator.permutation(wanted)
    first, second = (order, order) if same_input else (order[:count], order[count:])
    given = np.asarray(domains[source])[second]
    translated = model.translate(given, to, seed=seed)
    inputs = "the real ones' own inputs" if same_input else "other inputs"
    told = {"generated": f"{source} to {to}, of {inputs}"}
    return np.asarray(domains[to])[first], translated, told


def _alike(real, generated):
    """Returns pictures as `uint8` with as many channels that are drawn."""
    drawn = [visible_channels(to_uint8(part)) for part in (real, generated)]
    return [part if part.ndim == 4 else part[..., None] for part in drawn]


def _check_enough(found, wanted):
    if found < wanted:
        raise ValueError(
            "`num_trials` and `num_practice` must be fewer for so little data: "
            f"{wanted} real pictures are needed. Received: data with {found}"
        )


def _check_labels(model, labels):
    if labels is None or np.ndim(labels) != 1:
        raise ValueError(
            "`question` must be another one than 'class' for a model without classes. "
            f"Received: question='class', {type(model).__name__}"
        )
