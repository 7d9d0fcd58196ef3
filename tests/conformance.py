"""What every model must satisfy: `check_model(cls, kwargs)`, one call a model."""

import inspect
import json

import keras
import numpy as np
import pytest

from kerasgen import backend
from kerasgen.families.autoregressive_model import AutoregressiveModel
from tests.eagerly import eagerly, is_thorough

BATCH = 4
# To trace a step costs TensorFlow more than to make it: what is tried once is not.
EAGERLY = keras.backend.backend() == "tensorflow"


def numpy_state(model):
    """Returns all changing state of a model as arrays, by attribute path."""
    model.sync()
    return {
        name: backend.to_numpy(variable)
        for name, variable in model.state_variables().items()
    }


def differing(first, second):
    """Returns the names of the tensors that are not equal bit for bit."""
    assert first.keys() == second.keys()
    return [name for name in first if not np.array_equal(first[name], second[name])]


def as_fitted(model):
    """Returns a model whose priors, if it has such, count as fitted: it samples."""
    for prior in getattr(model, "priors", ()):
        prior.steps.assign(1)
    return model


def example_batch(model, batch_size=BATCH, seed=0):
    """Returns `(x,)` or `(x, y)` that fit a model, by its fields."""
    return model.fields.example(batch_size, np.random.default_rng(seed))


def example_domains(model, count, seed=0):
    """Returns images that a translator takes, a dict by domain."""
    x, *y = example_batch(model, count, seed)
    return x if isinstance(x, dict) else dict(zip(model.domains, (*y, x), strict=True))


def outputs_of(model, count=2, seed=0, weights=None):
    """Returns what a model makes: samples, or translations of the same images."""
    if hasattr(model, "sample"):
        made = model.sample(count, seed=seed, weights=weights)
        if not isinstance(made, dict):
            return made
        parts = [part.reshape(count, -1) for part in made.values()]
        return np.concatenate(parts, axis=1)
    images = example_domains(model, count, seed)[model.domains[0]]
    return model.translate(images, weights=weights, seed=seed)


def check_model(
    cls,
    kwargs,
    mixed_precision=("mixed_bfloat16", "mixed_float16"),
    excluded=(),
):
    """Checks the contract of every model.

    On TensorFlow and JAX the heavy parts are left to PyTorch but for one model of each
    kind, which is also what TensorFlow compiles here, see `tests/eagerly.py`. What the
    others draw there, the longest to compile, `test_cross_backend.py` compares with
    the numbers of PyTorch.

    Args:
        cls: model class.
        kwargs: dict with a value for every argument of the constructor, small and
            not the default.
        mixed_precision: tuple of dtype policies to train one step under.
        excluded: names of arguments that cannot be given beside the others, which
            tests of their own cover.
    """
    check_arguments(cls, kwargs, excluded)
    thorough = is_thorough(cls)
    with eagerly(not thorough):
        model = as_fitted(cls(**kwargs, seed=7))
        check_config(cls, model)
        check_phases(model)
        model.compile()
        check_training(model)
        check_evaluation(model)
        if thorough:
            draws = hasattr(model, "sample")
            check_sampling(model) if draws else check_translation(model)
        check_saving(model, thorough)
        if thorough:
            if len(model.phases) > 1:
                check_ownership(model)
            check_refusals(cls, kwargs, model)
            for policy in mixed_precision:
                check_mixed_precision(cls, kwargs, policy)
            check_loud_weights(model)


def check_arguments(cls, kwargs, excluded=()):
    parameters = inspect.signature(cls.__init__).parameters
    named = {
        name: p.default
        for name, p in parameters.items()
        if name not in ("self", "kwargs", "seed", "name", "dtype", *excluded)
    }
    assert set(named) == set(kwargs), "give every argument of the constructor"
    for name, default in named.items():
        assert kwargs[name] != default, f"{name} must not be the default"


def check_config(cls, model):
    config = model.get_config()
    assert json.loads(json.dumps(config))
    again = cls.from_config(json.loads(json.dumps(config)))
    assert json.dumps(again.get_config()) == json.dumps(config)
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]


def check_phases(model):
    """Each weight has one owner; what phases share, they declare."""
    declared = [model._phases[name] for name in model.phases]
    owned = [id(v) for phase in declared for v in phase.own_variables]
    assert sorted(owned) == sorted(id(v) for v in model.trainable_variables)
    for phase in declared:
        moved = [id(v) for v in model.phase_variables(phase.name)]
        assert len(moved) == len(set(moved)) and set(moved) <= set(owned)


def check_training(model):
    before, batch = numpy_state(model), example_batch(model)
    logs = model.train_on_batch(*batch, return_dict=True)
    assert set(logs) == {metric.name for metric in model.metrics}
    assert all(np.isfinite(float(value)) for value in logs.values()), logs
    assert int(model.steps.value) == 1
    after = numpy_state(model)
    moved = differing(before, after)
    for phase in model.phases:
        ids = {id(v) for v in model.phase_variables(phase)}
        names = [n for n, v in model.state_variables().items() if id(v) in ids]
        assert set(names) & set(moved), f"{phase} did not move"


def check_ownership(model):
    """With every learning rate but one at zero, one phase moves."""
    batch = example_batch(model)
    for phase in model.phases:
        rates = {p: 1e-3 if p == phase else 0.0 for p in model.phases}
        model.compile(
            {p: keras.optimizers.SGD(rate) for p, rate in rates.items()},
            run_eagerly=EAGERLY,
        )
        own = {id(v) for v in model.phase_variables(phase)}
        trained = {id(v) for v in model.trainable_variables}
        before = numpy_state(model)
        model.train_on_batch(*batch)
        moved = differing(before, numpy_state(model))
        variables = model.state_variables()
        moved_ids = {id(variables[name]) for name in moved} & trained
        assert moved_ids, f"{phase} did not move"
        assert moved_ids <= own, f"{phase} moved variables of another phase"
    model.compile()


def check_evaluation(model):
    batch, before = example_batch(model), numpy_state(model)
    first = model.evaluate(*batch, batch_size=2, verbose=0, return_dict=True)
    second = model.evaluate(*batch, batch_size=2, verbose=0, return_dict=True)
    assert first == second
    assert all(np.isfinite(value) for value in first.values())
    changed = differing(before, numpy_state(model))
    assert all(name.startswith("metrics/") for name in changed), changed


def check_sampling(model):
    images = model.sample(3, seed=0, batch_size=2)
    shapes = model.fields.shape if model.fields.is_named else {None: model.fields.shape}
    parts = images if model.fields.is_named else {None: images}
    for name, shape in shapes.items():
        assert parts[name].shape == (3, *shape)
        assert parts[name].dtype == np.float32
        check_range(model, parts[name])
    assert set(parts) == set(shapes)
    if model.fields.is_named:
        return check_named_samples(model, images)
    np.testing.assert_array_equal(images, model.sample(3, seed=0, batch_size=2))
    # To compile the drawing of pixels takes seconds for each size of a batch. These
    # models' tests compare sizes of 1, 2 and 7 with full passes.
    if not isinstance(model, AutoregressiveModel):
        np.testing.assert_allclose(images, model.sample(3, seed=0), atol=1e-5)
    assert not np.array_equal(images, model.sample(3, seed=1, batch_size=2))
    assert not np.array_equal(model.sample(2), model.sample(2))
    for bad in (-1, 0):
        with pytest.raises(ValueError, match=f"Received: num_samples={bad}"):
            model.sample(bad)
    if model.num_classes is not None:
        assert model.sample(2, labels=[0, 1], seed=0).shape[0] == 2
        with pytest.raises(ValueError, match="`labels` must be in"):
            model.sample(2, labels=model.num_classes)


def check_named_samples(model, made):
    """Of several fields: the same by one seed, in batches of any size, else others."""
    first, *others = (
        np.concatenate([part.reshape(3, -1) for part in drawn.values()], axis=1)
        for drawn in (made, *(model.sample(3, seed=seed) for seed in (0, 1)))
    )
    np.testing.assert_allclose(first, others[0], atol=1e-5)
    assert not np.allclose(first, others[1])


def check_range(model, made):
    """What a model makes is finite, and within the range of its kind."""
    assert np.all(np.isfinite(made))
    field = model.fields.x
    if isinstance(field, dict) or field.is_evident:
        assert made.min() >= 0.0 and made.max() <= 1.0
    else:
        field.check(made, "made")


def check_translation(model):
    for to in model.translators():
        source = model.source_of(to)
        images = example_domains(model, 3)[source]
        found = model.translate(images, to, batch_size=2, seed=0)
        assert found.shape == (3, *model.field(to).shape)
        assert found.dtype == np.float32
        assert found.min() >= 0.0 and found.max() <= 1.0
        floats = (images / 255.0).astype("float32")
        again = model.translate(floats, to, batch_size=2, seed=0)
        np.testing.assert_allclose(found, again, atol=1e-5)
        for bad in (images[:, 1:], images * 1.0, {source: images}):
            with pytest.raises(
                (ValueError, TypeError), match="`images` must.*Received"
            ):
                model.translate(bad, to)
    # Of the last domain alone: each size of a batch is compiled.
    np.testing.assert_allclose(found, model.translate(images, to, seed=0), atol=1e-5)
    if model.noise_dim is not None:
        assert not np.array_equal(found, model.translate(images, to, seed=1))
        assert not np.array_equal(*(model.translate(images, to) for _ in range(2)))
    with pytest.raises(ValueError, match="`to` must be one of.*Received"):
        model.translate(images, "nowhere")


def check_saving(model, goes_on=True):
    """Save, load, and if so asked go on: bit for bit as an uninterrupted run does."""
    import tempfile

    batch = example_batch(model, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        loaded = keras.models.load_model(f"{folder}/model.keras")
    assert loaded.get_config() == model.get_config()
    # The metrics of a running epoch are not part of a saved model.
    model.reset_metrics()
    assert not differing(numpy_state(model), numpy_state(loaded))
    if not goes_on:
        return
    if EAGERLY:
        for each in (model, loaded):
            each.run_eagerly, each.train_function = True, None
    first = [model.train_on_batch(*batch, return_dict=True) for _ in range(2)]
    second = [loaded.train_on_batch(*batch, return_dict=True) for _ in range(2)]
    assert first == second
    changed = differing(numpy_state(model), numpy_state(loaded))
    assert not changed, changed
    np.testing.assert_array_equal(outputs_of(model), outputs_of(loaded))


def check_refusals(cls, kwargs, model):
    before = numpy_state(model)
    images, *labels = example_batch(model)
    for change in (lambda x: x[:, :-1], lambda x: x * 2.0 + 1.5):
        with pytest.raises(ValueError, match="Received"):
            bad = keras.tree.map_structure(change, images)
            model.fit(bad, *labels, batch_size=2, verbose=0)
    if model.fields.is_named:
        name, *others = images
        for bad in (images[name], {o: images[o] for o in others}):
            with pytest.raises((ValueError, TypeError), match="Received"):
                model.fit(bad, *labels, batch_size=2, verbose=0)
    if labels:
        with pytest.raises(ValueError, match="label"):
            model.fit(images, batch_size=2, verbose=0)
        wrong = labels[0] + (model.num_classes or 0.0)  # of images: floats to 255
        with pytest.raises(ValueError, match="label"):
            model.fit(images, wrong, batch_size=2, verbose=0)
    with pytest.raises(ValueError, match="`optimizer` must have keys"):
        model.compile(optimizer={"no such phase": "adam"})
    assert not differing(before, numpy_state(model))
    bad_shapes = ((3, 32, 32), (32, 32)) if "image_shape" in kwargs else ()
    for bad in bad_shapes:
        with pytest.raises((ValueError, TypeError), match="Received: image_shape"):
            cls(**{**kwargs, "image_shape": bad})


def check_mixed_precision(cls, kwargs, policy):
    model = as_fitted(cls(**kwargs, seed=7, dtype=policy))
    model.compile(run_eagerly=EAGERLY)
    logs = model.train_on_batch(*example_batch(model), return_dict=True)
    assert all(np.isfinite(float(value)) for value in logs.values()), (policy, logs)
    assert all(v.dtype == "float32" for v in model.trainable_variables)
    assert outputs_of(model).dtype == np.float32


def check_loud_weights(model):
    """Outputs stay images, say, however large the weights are."""
    for variable in model.trainable_variables:
        variable.assign(variable.value * 100.0)
    check_range(model, outputs_of(model))
