"""Going on from a checkpoint: whether it fits this run, and putting it back."""

import warnings

from kerasgen.backend import to_numpy
from kerasgen.checkpoints import checkpoint, run_record
from kerasgen.checkpoints.checkpoint import CheckpointError, CorruptCheckpointError
from kerasgen.training.state import added_since

CALLBACKS = "callbacks/"  # names of arrays that belong to callbacks start with it


class Resumption:
    """The newest checkpoint of a directory, compared with the run at hand.

    Args:
        model: `GenerativeModel` that is about to train.
        directory: Folder of the checkpoints.
        settings: What `run_record.settings(model)` returns.
        tolerant: Whether other settings are warned of instead of refused.

    Attributes:
        step: Number of training steps done.
        epoch: The epoch to go on in.
        batch: Batches of that epoch already done.
        protected: Steps of checkpoints that must stay.

    Raises:
        CheckpointError: There is no usable checkpoint, or it comes from another run.
    """

    def __init__(self, model, directory, settings, tolerant):
        self.model = model
        self._variables = model.state_variables()
        self._settings = settings
        self._tolerant = tolerant
        self._doubts, self._data_changed = [], False
        self._cast, self._new_rates = False, []
        found = checkpoint.read_latest(directory, self._check)
        position = found.manifest["position"]
        self.step = found.step
        self._data_epoch = position["data"]
        self.epoch, self.batch = position["epoch"], position["batch"]
        self.protected = {found.step, *found.rejected}
        self._states = found.manifest["callbacks"]
        self._tensors = found.tensors
        same_data = model.training_data is not None and not self._data_changed
        if self.batch and not same_data:
            self.batch = 0
            self._doubts.append(
                f"epoch {self.epoch} starts again from its first batch, because its "
                "data is not a `kerasgen.data.Dataset`, or another one than before"
            )
        if self._doubts:
            warnings.warn(
                f"Resuming from step {self.step} of {directory}, but not bit for bit "
                "as an uninterrupted run would go on: " + "; ".join(self._doubts) + ".",
                stacklevel=3,
            )

    def assign(self):
        """Assigns all variables of the model, or none."""
        state = _of_model(self._tensors)
        state.update(added_since(state, self._variables))
        checkpoint.assign(self._variables, state, self._cast)
        for variable, value in self._new_rates:
            variable.assign(value)
        self.model.settle_stage()

    def restore(self, callbacks):
        """Gives callbacks the states they had."""
        run_record.restore_callbacks(callbacks, self._states, self._tensors)

    def seek(self):
        """Brings the data to where it was, if it can be."""
        data, epoch = self.model.training_data, self._data_epoch
        if data is not None and epoch is not None:
            data.seek(epoch, self.batch)

    def _check(self, manifest, shapes):
        """Called with the manifest of a checkpoint, before its numbers are read."""
        if missing := [key for key in run_record.KEYS if key not in manifest]:
            raise CorruptCheckpointError(f"the manifest has no {', '.join(missing)}")
        self._doubts = []
        self._check_settings(manifest)
        now = run_record.versions()
        self._cast = manifest["versions"]["backend"] != now["backend"]
        for key, saved in manifest["versions"].items():
            if saved != now.get(key):
                self._doubts.append(f"{key} was {saved}, now is {now.get(key)}")
        if not manifest["whole"]:
            self._doubts.append("it was written when an error had ended a step early")
        state = _of_model(shapes)
        for name, value in added_since(state, self._variables).items():
            state[name] = (value.shape, str(value.dtype))
        checkpoint.refuse_misfit(state, self._variables, self._cast)

    def _check_settings(self, manifest):
        def compare(saved):
            saved = run_record.completed(saved, self._settings, self.model)
            return run_record.differences(saved, self._settings)

        hard, soft = compare(manifest["settings"])
        if any(key.startswith("compile.") for key in hard):
            # A callback may have changed a learning rate while training: a model that
            # is still as it was when it was saved is the same one, too.
            compiled = manifest["compile_at_save"]
            hard, soft = compare({**manifest["settings"], "compile": compiled})
        if hard and not self._tolerant:
            raise CheckpointError(
                f"`directory` must hold checkpoints of this run. To go on all the "
                'same, pass on_mismatch="warn"; to start anew, another directory. '
                f"Received: checkpoints with other settings:\n"
                f"{run_record.describe(hard)}"
            )
        self._data_changed = any(key.partition(".")[0] == "data" for key in hard)
        # A rate given to `compile` is a variable too, but should not be restored then.
        phases = {p for k in hard for p in k.split(".") if k.endswith("learning_rate")}
        self._new_rates = [
            (variable, to_numpy(variable))
            for name, variable in self._variables.items()
            if variable.name == "learning_rate" and name.split("/")[1] in phases
        ]
        if changes := {**hard, **soft}:
            self._doubts.append(f"settings differ:\n{run_record.describe(changes)}\n")


def _of_model(held):
    """Returns what a checkpoint holds of the model, not of callbacks."""
    return {n: value for n, value in held.items() if not n.startswith(CALLBACKS)}
