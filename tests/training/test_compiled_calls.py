"""Calls of a model on many arrays: rows, their order, and one shape of a call."""

import numpy as np
import pytest

from tests.tiny_gan import tiny_gan


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 8, 100, None])
def test_rows_come_back_in_order_however_many_the_last_batch_has(batch_size):
    model, shapes = tiny_gan(), set()
    x = np.arange(8, dtype="float32")
    y = np.arange(16, dtype="float32").reshape(8, 2)

    def fn(x, y):
        shapes.add((tuple(x.shape), tuple(y.shape)))
        return x[:, None] + 10.0 * y

    found = model.run_in_batches("sum", fn, [x, y], batch_size)
    np.testing.assert_array_equal(found, x[:, None] + 10.0 * y)
    size = min(8, batch_size or 64)
    assert shapes == {((size,), (size, 2))}  # so nothing is compiled twice
