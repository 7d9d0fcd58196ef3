"""A quantity in the logs of an epoch, and which way it gets better."""

from kerasgen.training.phases import LOWER_IS_BETTER


class Monitor:
    """Reads one quantity from the logs.

    Args:
        name: Name in the logs, or None for nothing.
        mode: `"min"`, `"max"`, or `"auto"`, which asks the model's metric.
        model: Model whose logs are read.

    Raises:
        ValueError: `mode` is `"auto"` and the direction is not known.
    """

    def __init__(self, name, mode, model):
        self._name, self._mode = name, mode
        if name is not None and mode == "auto":
            self._find_mode(model)

    def _find_mode(self, model):
        name = self._name.removeprefix("val_")
        if name.endswith(LOWER_IS_BETTER):
            self._mode = "min"
            return
        for metric in model.metrics:
            direction = getattr(metric, "_direction", None)
            if metric.name == name and direction is not None:
                self._mode = {"down": "min", "up": "max"}[direction]
                return
        raise ValueError(
            '`mode` must be "min" or "max" for a `monitor` whose direction is not '
            f"known. Received: mode='auto', monitor={self._name!r}"
        )

    def read(self, logs):
        """Returns `{"name", "value", "mode"}`, or None outside the end of an epoch."""
        if self._name is None or logs is None:
            return None
        if self._name not in logs:
            raise ValueError(
                f"`monitor` must be one of {sorted(logs)}. "
                f"Received: monitor={self._name!r}"
            )
        return {
            "name": self._name,
            "value": float(logs[self._name]),
            "mode": self._mode,
        }
