"""Files of TensorBoard's format, written without TensorFlow.

A writer keeps no file open and nothing in memory: every call appends its record. So
there is nothing to close when training fails, and a kill leaves files that can be
read.
"""

import contextlib
import csv
import io
import itertools
import os
import socket
import time
from pathlib import Path

import numpy as np

from kerasgen import images
from kerasgen.atomic_folder import replacing

_BUCKETS = 30
_COUNTER = itertools.count()


class EventWriter:
    """Writes scalars, images and histograms of one run to a new event file.

    Args:
        directory: Path of the run's folder.
        first_step: Integer, the first step that will be written. TensorBoard drops what
            an earlier file of the folder holds from there on, which is what a run that
            was killed did after its last backup.
    """

    def __init__(self, directory, first_step=0):
        from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event, self._summary, self._tensor = event_pb2, summary_pb2, tensor_pb2
        self._record_writer = RecordWriter
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        # TensorBoard reads the files of a folder in the order of their names.
        self.path = directory / (
            f"events.out.tfevents.{time.time():017.6f}.{socket.gethostname()}."
            f"{os.getpid()}.{next(_COUNTER):04d}"
        )
        self._size = 0
        self._append(file_version="brain.Event:2")
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._append(step=first_step, session_log=start)

    def scalars(self, step, values):
        """Writes numbers: a dict from tag to float."""
        self._add(step, [self._scalar(tag, value) for tag, value in values.items()])

    def images(self, step, values):
        """Writes pictures: a dict from tag to a `uint8` image."""
        self._add(step, [self._image(tag, image) for tag, image in values.items()])

    def histograms(self, step, values):
        """Writes distributions: a dict from tag to an array."""
        self._add(step, [self._histogram(tag, x) for tag, x in values.items()])

    def _scalar(self, tag, value):
        return self._value(
            tag, "scalars", "DATA_CLASS_SCALAR", "DT_FLOAT", (), float_val=[value]
        )

    def _image(self, tag, image):
        height, width = image.shape[:2]
        content = [str(width).encode(), str(height).encode(), images.png_bytes(image)]
        return self._value(
            tag, "images", "DATA_CLASS_BLOB_SEQUENCE", "DT_STRING", (3,), content
        )

    def _histogram(self, tag, x):
        x = np.asarray(x, "float64").ravel()
        counts, edges = np.histogram(x[np.isfinite(x)], bins=_BUCKETS)
        buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
        return self._value(
            tag,
            "histograms",
            "DATA_CLASS_TENSOR",
            "DT_DOUBLE",
            buckets.shape,
            tensor_content=buckets.tobytes(),
        )

    def _value(self, tag, plugin, data_class, dtype, shape, strings=(), **content):
        tensor = self._tensor.TensorProto(dtype=dtype, string_val=strings, **content)
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        metadata = self._summary.SummaryMetadata(
            plugin_data={"plugin_name": plugin}, data_class=data_class
        )
        return self._summary.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)

    def _add(self, step, values):
        if values:
            self._append(step=step, summary=self._summary.Summary(value=values))

    def _append(self, **fields):
        event = self._event.Event(wall_time=time.time(), **fields)
        buffer = io.BytesIO()
        self._record_writer(buffer).write(event.SerializeToString())
        record = buffer.getvalue()
        try:
            with self.path.open("ab") as file:
                file.write(record)
        except OSError:
            # A record cut in half would hide all that follow.
            with contextlib.suppress(OSError):
                os.truncate(self.path, self._size)
            raise
        self._size += len(record)


class CSVWriter:
    """Writes the scalars of a run to `scalars.csv`, where TensorBoard is missing.

    The columns are `run`, `step`, `tag`, `value` and `wall_time` (seconds since 1970).

    Args:
        directory: Path of the run's folder; the file lies in its parent, one for all
            runs.
        first_step: Integer, the first step that will be written. Rows of this run that
            an earlier process wrote from there on are dropped.
    """

    def __init__(self, directory, first_step=0):
        directory = Path(directory)
        self.run = directory.name
        self.path = directory.parent / "scalars.csv"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [("run", "step", "tag", "value", "wall_time")]
        if self.path.exists():
            with self.path.open(newline="") as file:
                old = [row for row in csv.reader(file) if len(row) == len(rows[0])]
            rows += [r for r in old[1:] if r[0] != self.run or int(r[1]) < first_step]
        with replacing(self.path) as temporary:
            with temporary.open("w", newline="") as file:
                csv.writer(file).writerows(rows)

    def scalars(self, step, values):
        """Writes numbers: a dict from tag to float."""
        rows = [(self.run, step, tag, x, time.time()) for tag, x in values.items()]
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerows(rows)

    def images(self, step, values):
        """Does nothing: a table holds no pictures."""

    def histograms(self, step, values):
        """Does nothing: a table holds no distributions."""
