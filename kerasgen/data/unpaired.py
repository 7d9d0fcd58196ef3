"""Two data sets without pairs, as one."""

from kerasgen.data.adapt import is_array
from kerasgen.data.dataset import Dataset
from kerasgen.data.joined import Unpaired


def unpaired(a, b, batch_size=1, seed=0, shuffle=True, drop_remainder=None):
    """Returns two data sets of any lengths as one, for models of two domains.

    Its batches are `({"a": images, "b": images},)`. An epoch reads each example of the
    longer one once; the shorter one begins again as often as that takes. Each has an
    order of its own, by `seed`, the epoch and its name alone, so that nothing is
    learned from who stands beside whom.

    Args:
        a, b: `Dataset` (its labels are left out), array of images, or source.
        batch_size: int. Examples of each in a batch. Defaults to `1`.
        seed: int. Seed of both orders. Defaults to `0`.
        shuffle: bool. Whether every epoch has its own order. Defaults to `True`.
        drop_remainder: bool. As in `Dataset`.

    Returns:
        `kerasgen.data.Dataset`.
    """
    names = [getattr(part, "name", "arrays") for part in (a, b)]
    splits = {part.split for part in (a, b) if isinstance(part, Dataset)}
    dataset = Dataset(
        Unpaired({"a": as_part("a", a), "b": as_part("b", b)}),
        batch_size=batch_size,
        seed=seed,
        shuffle=shuffle,
        drop_remainder=drop_remainder,
        name=" and ".join(names),
        split=splits.pop() if len(splits) == 1 else "all",
    )
    for part in (a, b):
        dataset.notes += getattr(part, "notes", [])
    return dataset


def as_part(name, data):
    """Returns the images of a `Dataset`, or an array or a source as it is."""
    if isinstance(data, Dataset):
        return data.source
    if is_array(data) or (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        return data
    raise TypeError(
        f"`{name}` must be a Dataset, an array of images, or a source. "
        f"Received: {name} of type {type(data).__name__}"
    )
