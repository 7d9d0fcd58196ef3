"""Two data sets as one: lengths, orders, positions, checks."""

import numpy as np
import pytest

from kerasgen.data import Dataset, hold_out, load, load_domains, unpaired

pytestmark = pytest.mark.any_backend

A = np.arange(7 * 4, dtype="uint8").reshape(7, 2, 2, 1) * 8
B = 255 - np.arange(3 * 12, dtype="uint8").reshape(3, 2, 2, 3)


def numbers(dataset, epochs=1, b=B):
    """Returns the indices of both domains as they are read, `(epochs, rows)` each."""
    found = {"a": [], "b": []}
    for epoch in range(epochs):
        dataset.seek(epoch)
        batches = [batch[0] for batch in dataset]
        for name, source in (("a", A), ("b", b)):
            rows = np.concatenate([batch[name] for batch in batches])
            same = (rows[:, None] == source[None]).all(axis=(2, 3, 4))
            assert (same.sum(axis=1) == 1).all()
            found[name].append(same.argmax(axis=1))
    return found


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_an_epoch_has_each_of_the_longer_once_and_the_shorter_as_evenly(batch_size):
    dataset = unpaired(A, B, batch_size=batch_size, drop_remainder=False)
    assert len(dataset) == -(-7 // batch_size)
    found = numbers(dataset, epochs=3)
    assert all(sorted(epoch) == list(range(7)) for epoch in found["a"])
    stream = np.concatenate(found["b"])  # 21 examples, seven passes of three
    assert all(sorted(part) == [0, 1, 2] for part in stream.reshape(7, 3))


def test_orders_are_of_the_seed_and_the_epoch_alone_and_of_each_domain():
    first = numbers(unpaired(A, A, seed=3), 2, A)
    again = unpaired(A, A, seed=3)
    again.seek(1, 2)
    rest = [batch[0]["a"] for batch in again]
    np.testing.assert_array_equal(np.concatenate(rest), A[first["a"][1][2:]])
    other = numbers(unpaired(A, A, seed=4), 2, A)
    assert not np.array_equal(first["a"], other["a"])
    assert not np.array_equal(first["a"][0], first["a"][1])


def test_the_two_domains_are_in_orders_of_their_own():
    order = unpaired(A, A).order(0)
    assert order.shape == (7, 2) and not np.array_equal(order[:, 0], order[:, 1])
    fixed = unpaired(A, B, shuffle=False).order(0)
    assert fixed[:, 0].tolist() == list(range(7))
    assert fixed[:, 1].tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_it_is_described_and_shown():
    dataset = unpaired(Dataset(A, batch_size=1, name="seven", split="train"), B)
    assert "seven and arrays" in repr(dataset)
    assert "a 2x2x1, b 2x2x3" in repr(dataset)
    described = dataset.describe()
    assert described["data_shape"] == {"a": [2, 2, 1], "b": [2, 2, 3]}
    assert described["fingerprint"] != unpaired(A, A).describe()["fingerprint"]
    assert {k: len(v) for k, v in dataset.spread(4)[0].items()} == {"a": 4, "b": 4}
    assert dataset.in_memory


def test_several_fresh_batches_of_a_step_come_from_both():
    dataset = unpaired(A, B, batch_size=2).with_batches_per_step(2)
    assert dataset[0][0]["a"].shape == (4, 2, 2, 1)
    assert dataset[0][0]["b"].shape == (4, 2, 2, 3)


def test_what_is_no_data_is_refused():
    with pytest.raises(TypeError, match="`b` must be a Dataset.*Received: b of type"):
        unpaired(A, 3)
    with pytest.raises(ValueError, match=r"`images\['a'\]` must use the range 0..255"):
        unpaired((A > 9).astype("uint8"), B)


def test_paired_fields_have_one_order():
    dataset = Dataset({"photo": A, "code": np.arange(7)}, batch_size=3)
    x = dataset[0][0]
    np.testing.assert_array_equal(x["photo"], A[x["code"]])
    with pytest.raises(ValueError, match="as many examples in each field.*'b': 3"):
        Dataset({"a": A, "b": B})
    with pytest.raises(ValueError, match="`images` must have a field at least"):
        Dataset({})


def test_conditions_of_several_fields():
    labels = {"kind": np.arange(7), "size": np.linspace(0, 1, 7)}
    dataset = Dataset(A, labels, batch_size=7, shuffle=False)
    x, y = dataset[0]
    np.testing.assert_array_equal(y["kind"], np.arange(7))
    assert y["size"].dtype == np.float32 and len(x) == 7
    with pytest.raises(ValueError, match="one entry for each of the 7 examples"):
        Dataset(A, {"kind": np.arange(3)})


def test_outlines_have_counterparts_that_no_domain_holds():
    dataset = load("outlines", num_examples=12, batch_size=12, shuffle=False)
    images = dataset[0][0]
    outlined = dataset.counterparts["a"][np.arange(12)]
    dark = 255.0 - images["a"].min(axis=-1), 255.0 - outlined.min(axis=-1)
    inside = [(d > 60).sum(axis=(1, 2)) for d in dark]
    assert (inside[1] < inside[0]).all() and (inside[1] > 0).all()
    same = (outlined[:, None] == images["b"][None]).all(axis=(2, 3, 4))
    assert not same.any()
    differs = np.abs(images["a"].astype(int) - outlined).max(axis=-1) > 0
    assert (dark[0][differs] > 10).all(), "only what the filled shape covers differs"
    test = load("outlines", split="test", num_examples=12)
    assert not np.array_equal(test.spread(12)[0]["a"], images["a"])


def test_negatives_are_of_other_digits():
    dataset = load_domains("negatives", batch_size=750, shuffle=False)
    x = dataset[0][0]
    assert x["a"].shape == x["b"].shape == (750, 8, 8, 1)
    written = {image.tobytes() for image in x["a"].astype("uint8")}
    negated = {image.tobytes() for image in 255 - x["b"].astype("uint8")}
    assert len(written & negated) <= 2, "two digits may look alike"
    np.testing.assert_array_equal(dataset.counterparts["a"], 255 - x["a"])
    np.testing.assert_array_equal(dataset.counterparts["b"], 255 - x["b"])
    assert load_domains("negatives", split="test").num_examples == 149


def test_a_part_held_out_keeps_its_fields_and_of_two_domains_is_refused():
    paired = Dataset({"photo": A, "code": np.arange(7)}, {"kind": np.arange(7)}, 2)
    for part, count in zip(hold_out(paired, 3), (4, 3), strict=True):
        x, y = part.arrays()
        assert part.in_memory and len(y["kind"]) == count
        np.testing.assert_array_equal(x["photo"], A[y["kind"]])
    with pytest.raises(ValueError, match="a part must be taken of each domain before"):
        hold_out(unpaired(A, B), 2)


def test_the_order_of_an_epoch_is_made_once():
    order = unpaired(A, B).order
    assert order(1) is order(1)
