"""The trunk of PixelCNN++: a U-net whose outputs see earlier pixels only.

Salimans, Karpathy, Chen and Kingma, 2017, "PixelCNN++", https://arxiv.org/abs/1701.05517,
sections 2.3 and 2.4, and its released code.
"""

import keras
from keras import ops

from kerasgen.layers.shifted_conv import ShiftedConv2D, ShiftedConv2DTranspose


class CausalUNet(keras.layers.Layer):
    """Blocks on the way down, the lower resolutions, blocks on the way up.

    Stream `u` sees rows above; stream `ul` takes `u` in each block. A block on the way
    up also takes what the way down left last. The lower resolutions are another
    `CausalUNet`.

    Args:
        filters: int. Maps of each stream.
        resnets: int. Blocks of each stream on the way down; on the way up there is one
            more, but for the lowest resolution.
        resolutions: int.
        make_block: function `(shift, sides)` that returns a built `GatedResnet` with so
            many side inputs of `filters` maps.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `u` and `ul`, each `(batch, height, width, filters)`, height and width
        divisible by `2 ** (resolutions - 1)`.
    Output: `(u, ul)`.
    """

    def __init__(self, filters, resnets, resolutions, make_block, **kwargs):
        super().__init__(name=f"resolution_{resolutions}", **kwargs)
        upward = resnets + (resolutions > 1)
        self.u_down = [make_block("down", 0) for _ in range(resnets)]
        self.ul_down = [make_block("down_right", 1) for _ in range(resnets)]
        self.u_up = [make_block("down", 1) for _ in range(upward)]
        self.ul_up = [make_block("down_right", 2) for _ in range(upward)]
        self.filters, self.lower = filters, None
        if resolutions > 1:
            options = {"dtype": self.dtype_policy}
            shrink = {"strides": 2, **options}
            self.u_shrink = ShiftedConv2D(filters, (2, 3), "down", **shrink)
            self.ul_shrink = ShiftedConv2D(filters, (2, 2), "down_right", **shrink)
            self.u_enlarge = ShiftedConv2DTranspose(filters, "down", **options)
            self.ul_enlarge = ShiftedConv2DTranspose(filters, "down_right", **options)
            for resize in self._resizing().values():
                resize.build((None, None, None, filters))
            self.lower = CausalUNet(
                filters, resnets, resolutions - 1, make_block, **options
            )
        self.built = True

    def _resizing(self):
        names = ("u_shrink", "ul_shrink", "u_enlarge", "ul_enlarge")
        return {name: getattr(self, name) for name in names}

    def call(self, u, ul, labels=None, training=False):
        us, uls, options = [u], [ul], {"labels": labels, "training": training}
        for u_block, ul_block in zip(self.u_down, self.ul_down, strict=True):
            us.append(u_block(us[-1], **options))
            uls.append(ul_block(uls[-1], [us[-1]], **options))
        if self.lower is None:
            u, ul = us.pop(), uls.pop()
        else:
            u, ul = self.u_shrink(us[-1]), self.ul_shrink(uls[-1])
            u, ul = self.lower(u, ul, **options)
            u, ul = self.u_enlarge(u), self.ul_enlarge(ul)
        stored = zip(self.u_up, self.ul_up, us[::-1], uls[::-1], strict=True)
        for u_block, ul_block, u_side, ul_side in stored:
            u = u_block(u, [u_side], **options)
            ul = ul_block(ul, [u, ul_side], **options)
        return u, ul

    # === One row of `u`, or one pixel of `ul`, at a time ===

    def _blocks(self):
        names = ("u_down", "ul_down", "u_up", "ul_up")
        return {name: getattr(self, name) for name in names}

    def step_weights(self, labels=None):
        """Returns matrices that a sampling loop only reads."""
        weights = {
            name: [block.step_weights(labels) for block in blocks]
            for name, blocks in self._blocks().items()
        }
        if self.lower is not None:
            for name, resize in self._resizing().items():
                weights[name] = resize.step_weights()
            weights["lower"] = self.lower.step_weights(labels)
        return weights

    def init_cache(self, batch_size, width):
        """Returns zeros for what later rows and pixels need.

        Args:
            batch_size: int.
            width: int, of the image.

        Returns:
            dict: the caches of the blocks and, where there are lower resolutions,
            theirs, `"above"`, the row of `u` above, `"ul_shrink"`, and the two rows
            that the last row of the lower resolutions became, `"u"` and `"ul"`.
        """
        size = (batch_size, width)
        cache = {
            "u_down": [block.init_rows(*size) for block in self.u_down],
            "ul_down": [block.init_cache(*size) for block in self.ul_down],
            "u_up": [block.init_rows(*size) for block in self.u_up],
            "ul_up": [block.init_cache(*size) for block in self.ul_up],
        }
        if self.lower is not None:
            row = self.u_shrink.init_row(*size)
            cache |= {"above": row, "u": ops.stack([row] * 2)}
            cache |= {"ul": ops.stack([row] * 2)}
            cache["ul_shrink"] = self.ul_shrink.init_cache(*size)
            cache["lower"] = self.lower.init_cache(batch_size, width // 2)
        return cache

    def begin_row(self, weights, cache, u, row):
        """Returns the next row of `u`, `(width, batch, filters)`, and the cache.

        Args:
            weights, cache: as above.
            u: tensor, the next row of the input `u`.
            row: int tensor, the number of the row.
        """
        us, found = [u], {name: [] for name in self._blocks()}

        def run(part, i, u, sides):
            name = f"u_{part}"
            kept = (weights[name][i], cache[name][i])
            u, kept = getattr(self, name)[i].row(*kept, u, sides)
            found[name].append(kept)
            name = f"ul_{part}"
            kept = (weights[name][i], cache[name][i])
            found[name].append(getattr(self, name)[i].begin_row(*kept, [u]))
            return u

        for i in range(len(self.u_down)):
            us.append(run("down", i, us[-1], []))
        if self.lower is None:
            u = us.pop()
        else:
            u, cache = self._begin_lower_row(weights, cache, us[-1], row)
        for i in range(len(self.u_up)):
            u = run("up", i, u, [us.pop()])
        return u, {**cache, **found}

    def _begin_lower_row(self, weights, cache, u, row):
        """Every other row: the lower resolutions' next one."""

        def run():
            small = self.u_shrink.row(weights["u_shrink"], cache["above"], u)
            kept = (weights["lower"], cache["lower"])
            small, lower = self.lower.begin_row(*kept, small, row // 2)
            rows = self.u_enlarge.rows(weights["u_enlarge"], small)
            kept = (weights["ul_shrink"], cache["ul_shrink"])
            return rows, self.ul_shrink.begin_row(*kept), lower

        def keep():
            return cache["u"], cache["ul_shrink"], cache["lower"]

        rows, shrink, lower = ops.cond(ops.equal(row % 2, 0), run, keep)
        cache = {**cache, "u": rows, "ul_shrink": shrink, "lower": lower, "above": u}
        return ops.slice(rows, [row % 2, 0, 0, 0], (1, *rows.shape[1:]))[0], cache

    def step(self, weights, cache, ul, row, col):
        """Returns one pixel of `ul`, `(batch, filters)`, and the cache.

        Args:
            weights, cache: as above.
            ul: tensor, the pixel of the input `ul`.
            row, col: int tensors, the pixel's place.
        """
        uls, found = [ul], {"ul_down": [], "ul_up": []}

        def run(name, i, ul, sides):
            kept = (weights[name][i], cache[name][i])
            ul, kept = getattr(self, name)[i].step(*kept, ul, col, sides)
            found[name].append(kept)
            return ul

        for i in range(len(self.ul_down)):
            uls.append(run("ul_down", i, uls[-1], []))
        if self.lower is None:
            ul = uls.pop()
        else:
            ul, cache = self._lower_step(weights, cache, uls[-1], row, col)
        for i in range(len(self.ul_up)):
            ul = run("ul_up", i, ul, [uls.pop()])
        return ul, {**cache, **found}

    def _lower_step(self, weights, cache, ul, row, col):
        """Every other pixel of every other row: the lower resolutions' next one."""

        def run():
            kept = (weights["ul_shrink"], cache["ul_shrink"])
            small = self.ul_shrink.read(*kept, ul, col // 2)
            kept = (weights["lower"], cache["lower"])
            small, lower = self.lower.step(*kept, small, row // 2, col // 2)
            block = self.ul_enlarge.block(weights["ul_enlarge"], small)
            return ops.slice_update(cache["ul"], [0, col, 0, 0], block), lower

        def keep():
            return cache["ul"], cache["lower"]

        here = ops.logical_and(ops.equal(row % 2, 0), ops.equal(col % 2, 0))
        rows, lower = ops.cond(here, run, keep)
        shrink = self.ul_shrink.write(cache["ul_shrink"], ul, col)
        cache = {**cache, "ul": rows, "ul_shrink": shrink, "lower": lower}
        return ops.slice(rows, [row % 2, col, 0, 0], (1, 1, *ul.shape))[0, 0], cache
