"""Where a pass over a data set stands, and how it is moved."""

from kerasgen.arguments import check_int


class Positioned:
    """Mixin of `Dataset`: the order of an epoch, and the position in it."""

    def order(self, epoch):
        """Returns the storage indices in the order of `epoch`: int array `(n,)`."""
        return self._order(epoch)

    @property
    def epoch(self):
        """int. The epoch that is read now."""
        return self._position.epoch

    @property
    def offset(self):
        """int. Batches of this epoch that were used before the position."""
        return self._position.batches // self.batches_per_step

    @property
    def position(self):
        """Tuple `(epoch, offset)`, as `seek` takes it."""
        return self.epoch, self.offset

    def seek(self, epoch, batch=0):
        """Goes to a position: `self[0]` is batch `batch` of epoch `epoch` then.

        The next `fit` goes on from there; without it, a model of this library reads
        the epoch that follows those it was trained for.

        Args:
            epoch: int. Counted from 0.
            batch: int. Batches of that epoch already used, up to a full epoch, which
                is the start of the next one.
        """
        check_int("epoch", epoch, minimum=0)
        check_int("batch", batch, minimum=0)
        if batch > self.batches_per_epoch:
            raise ValueError(
                f"`batch` must be at most {self.batches_per_epoch}, the batches of an "
                f"epoch. Received: batch={batch}"
            )
        if batch == self.batches_per_epoch:
            epoch, batch = epoch + 1, 0
        self._position.epoch = epoch
        self._position.batches = batch * self.batches_per_step
        self._position.within_epoch = False
        self._position.sought = True

    @property
    def sought(self):
        """bool. Whether `seek` was called since the last epoch that was read."""
        return self._position.sought

    def on_epoch_begin(self):
        """Marks that Keras reads an epoch now."""
        self._position.within_epoch = True
        self._position.sought = False

    def on_epoch_end(self):
        """Moves to the next epoch, if one was begun.

        Keras also calls this once before the first epoch, which must not count.
        """
        if self._position.within_epoch:
            self.seek(self.epoch + 1)
            self._position.sought = False
