"""Stages of one training: what a step computes changes as examples go by."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend, features
from kerasgen.arguments import check_int


class Stages:
    """Mixin of `GenerativeModel`: stages within one `fit`, such as growing networks.

    A model declares how long its stages last with `add_stages`. `self.stage` is then a
    Python number, which a step may branch on: it is traced anew in each stage. What
    moves within a stage, such as a fade, reads `stage_progress`. Where training stands
    is a part of the model's state: files, checkpoints and a second `fit` go on there.
    """

    stage = 0
    _stage_ends = ()

    def add_stages(self, lengths):
        """Declares stages, counted from 0; the last one has no end.

        Args:
            lengths: sequence of ints. How many training examples each stage but the
                last sees, of all batches of a step together. A stage ends with the
                step that brings the number to its end or beyond.
        """
        for length in lengths:
            check_int("lengths", length)
        self._stage_ends = tuple(int(n) for n in np.cumsum(lengths))
        if self._stage_ends and self._stage_ends[-1] >= 2**31:
            raise ValueError(
                "`lengths` must have a sum below 2**31. "
                f"Received: lengths of sum {self._stage_ends[-1]}"
            )
        self.reached_stage = self._add_state("reached_stage")
        self.examples_seen = self._add_state("examples_seen")

    def enter_stage(self, stage):
        """Is called once when a stage after the first begins; by default does nothing.

        Not within a step: variables may be assigned, such as `self.optimizer.reset()`.
        """

    @property
    def stage_progress(self):
        """float32 tensor in [0, 1]. The share of this stage that is over; 0 at its end.

        0 in the last stage, which has no end.
        """
        if self.stage >= len(self._stage_ends):
            return ops.zeros(())
        start = self._stage_ends[self.stage - 1] if self.stage else 0
        length = self._stage_ends[self.stage] - start
        done = ops.cast(self.examples_seen.value - start, "float32")
        return ops.clip(done / float(length), 0.0, 1.0)

    def settle_stage(self):
        """Has `self.stage` follow the model's state, as after reading a file."""
        if not self._stage_ends:
            return
        stage = int(backend.to_numpy(self.reached_stage))
        if stage != self.stage:
            self.stage = stage
            self.forget_functions()

    def advance_stage(self):
        """Enters the stages whose time has come.

        Returns:
            int or None. How many examples are missing to the next one's beginning.
        """
        if not self._stage_ends:
            return None
        self.sync()
        self.settle_stage()
        seen = int(backend.to_numpy(self.examples_seen))
        while self.stage < len(self._stage_ends) and (
            seen >= self._stage_ends[self.stage]
        ):
            self.reached_stage.assign(self.stage + 1)
            self.settle_stage()
            self.enter_stage(self.stage)
        ends = self._stage_ends[self.stage :]
        return ends[0] - seen if ends else None

    def count_examples(self, x):
        """Counts those of a step, in the step."""
        if self._stage_ends:
            count = features.count_examples(x) * backend.num_replicas()
            self.examples_seen.assign(self.examples_seen + count)

    def load_own_variables(self, store):
        super().load_own_variables(store)
        self.settle_stage()

    def make_train_function(self, force=False):
        self.settle_stage()
        return super().make_train_function(force)

    def make_test_function(self, force=False):
        self.settle_stage()
        return super().make_test_function(force)

    def make_predict_function(self, force=False):
        self.settle_stage()
        return super().make_predict_function(force)


class StageKeeper(keras.callbacks.Callback):
    """Has the model of a `fit` enter its stages, between two steps.

    It reads the state of a running step only when the next stage may have come, from
    the largest number of examples that a step has had.
    """

    def get_state(self):
        """Returns what a checkpoint keeps: nothing, where training stands is known."""
        return {}

    def set_state(self, state):
        """Does nothing."""

    def on_epoch_begin(self, epoch, logs=None):
        # A checkpoint may have been read since the step was made.
        self._checked, self._most, self._seen = 0, 0, 0
        self._advance(0)

    def on_train_batch_begin(self, batch, logs=None):
        if self._left is None or batch == self._checked:
            return
        if not self._most or (batch - self._checked) * self._most >= self._left:
            self._advance(batch)

    def on_epoch_end(self, epoch, logs=None):
        self._advance(self._checked)

    def _advance(self, batch):
        model, before = self.model, self._seen
        self._left = model.advance_stage()
        self._seen = int(backend.to_numpy(model.examples_seen))
        if batch > self._checked:
            mean = -(-(self._seen - before) // (batch - self._checked))
            self._most = max(self._most, mean)
        self._checked = batch
        if model.train_function is None:
            model.make_train_function()
