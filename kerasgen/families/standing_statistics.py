"""Standing statistics: batch normalisation's moments of what is sampled, recomputed."""

import contextlib

from kerasgen import backend
from kerasgen.arguments import check_int
from kerasgen.training import averages


def standing_statistics(
    model, num_batches=16, batch_size=64, labels=None, seed=None, weights=None
):
    """Sets the moving moments of a generator's batch normalisations to plain means.

    Moving averages of training are those of weights that have moved since. This runs
    the generator on fresh latents as in training, and keeps the mean of the moments of
    all batches, equally weighted (Brock et al., 2019, https://arxiv.org/abs/1809.11096,
    appendix A: 100 passes; the released code of PyTorch: 16).

    Args:
        model: a GAN, `kerasgen.families.adversarial_model.AdversarialModel`.
        num_batches: int. Passes.
        batch_size: int. Latents of each.
        labels: int or ints, for a conditional model; None draws them.
        seed: int or None, of latents and labels.
        weights: `"average"`, `"raw"`, or None for the averages where kept: whose
            statistics are computed and set. The others stay.

    Returns:
        int, the number of layers whose statistics were set.
    """
    check_int("num_batches", num_batches)
    check_int("batch_size", batch_size)
    model.sync()
    layers = [
        layer
        for network in model.averaged_networks()
        for layer in network._flatten_layers()
        if hasattr(layer, "moving_mean") and hasattr(layer, "momentum")
    ]
    moments = [
        v for layer in layers for v in (layer.moving_mean, layer.moving_variance)
    ]
    total = num_batches * batch_size
    generator, labels = model.sampling_inputs(total, labels, seed)
    latents = model.numpy_latents(generator, total)
    with _kept(layers), averages.scope(model, weights), backend.no_gradient():
        for i in range(num_batches if layers else 0):
            for layer in layers:
                layer.momentum = i / (i + 1)  # so that all batches weigh alike
            rows = slice(i * batch_size, (i + 1) * batch_size)
            given = None if labels is None else labels[rows]
            model.generate(latents[rows], given, training=True)
        found = [backend.to_numpy(variable) for variable in moments]
    targets = {id(v): v for v in moments}
    if weights != "raw" and averages.enabled(model):
        pairs = model._average_pairs.pairs
        targets = {id(v): average for v, average in pairs if id(v) in targets}
    for variable, value in zip(moments, found, strict=True):
        targets[id(variable)].assign(value)
    return len(layers)


@contextlib.contextmanager
def _kept(layers):
    """Puts the momenta of layers back at its end, whatever happens in it."""
    momenta = [layer.momentum for layer in layers]
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
