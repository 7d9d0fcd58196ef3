"""A row of results that tests change."""

import copy

_ROW = {
    "recipe": "autoencoders/vae",
    "command": "kerasgen train autoencoders/vae --data mnist",
    "data": "mnist",
    "split": "test",
    "epochs": 80,
    "seconds_per_epoch": 10.6,
    "device": "1 CPU core",
    "backend": "jax",
    "precision": "float32",
    "figures": [
        {
            "name": "negative_elbo",
            "value": 92.83,
            "unit": "nats",
            "num_examples": 10000,
            "standard_error": 0.24,
            "standard_error_from": "examples",
        }
    ],
    "seeds": [0],
    "date": "2026-11-24",
    "commit": None,
    "paper": [{"figure": "86.76 nats", "protocol": "5000 samples"}],
    "note": "mostly digits",
    "chosen_on": "validation",
    "stopped_early": False,
    "best": True,
}


def row(figure=(), **changes):
    """Returns a row that is right but for the changes, of its figure too.

    Args:
        figure: dict of changes of the figure.
        **changes: other fields; `...` takes one away.
    """
    found = copy.deepcopy(_ROW)
    found["figures"][0].update(figure)
    found.update(changes)
    return {name: value for name, value in found.items() if value is not ...}
