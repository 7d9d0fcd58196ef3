"""All that is measured on a GPU, in one command that ends in time and goes on later.

Run:  python benchmarks/gpu_campaign.py --out results --seconds 480
      python benchmarks/gpu_campaign.py --out more --seconds 480 --resume results
      python benchmarks/gpu_campaign.py --out trial --smoke

Needs JAX and PyTorch (`--backends` takes others), Keras and pytest, and no network. The
data of the recipes are files: `--data npz:PATH` for those that train on MNIST.

Stage 1 runs the contract of one model of each family. Stage 2 measures training and
sampling against the hand-written loops, in float32 and bfloat16. Stage 3 trains the
recipes of a queue, each for what is left of the time: a signal ends it, with a
checkpoint, from which `--resume` goes on. Every job is a process of its own, whose
output is in `logs/`; one line a job is added to `campaign.jsonl`: command, backend,
device, seconds, exit status (`done`, `stopped` by time, `failed`), share of the time
that the GPU was busy and its most memory, and what the job measured. With `--resume`
what was done before is not done again. `kerasgen record FOLDER --chosen-on paper` makes
results of what is in the folder.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CONTRACTS = (
    "tests/gans/test_dcgan.py::test_contract",
    "tests/autoencoders/test_vae.py::test_contract",
    "tests/autoregressive/test_pixelcnn.py::test_contract",
)
PRECISIONS = ("float32", "mixed_bfloat16")
# Recipes with the flags of their papers' sizes, as far as minutes allow.
QUEUE = (
    ("gans/progan", "--data", "{data}", "--image-size", "28", "--max-filters", "128"),
    ("gans/wgan_gp", "--data", "{data}", "--architecture", "mnist", "--epochs", "100"),
    ("gans/lsgan", "--data", "{data}", "--filters", "64", "--epochs", "20"),
    ("autoregressive/pixelcnn", "--data", "{data}", "--epochs", "20"),
)
STOPPED = 75  # how a recipe ends that a signal has stopped
GRACE = 30.0  # seconds from the signal to the kill


@dataclasses.dataclass
class Job:
    """One process: its name, stage and backend, what it runs, its longest time."""

    name: str
    stage: int
    backend: str
    command: list
    limit: float
    result: str | None = None  # a JSON file that it writes, below `out`
    folder: str | None = None  # a run that it goes on with, below `out`


def jobs(backends, data, smoke=False):
    """Returns all jobs in their order."""
    found = []
    for backend in backends:
        tests = CONTRACTS[:1] if smoke else CONTRACTS
        command = ["-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", *tests]
        found.append(Job(f"contract-{backend}", 1, backend, command, 150.0))
    for backend in backends:
        for precision in PRECISIONS[:1] if smoke else PRECISIONS:
            name = f"training-{backend}-{precision}"
            command = ["benchmarks/training_speed.py", "--precision", precision]
            tiny = ["--models", "vae", "--steps", "2", "--batch-size", "4"]
            command += [*tiny, "--repeats", "1"] if smoke else ["--repeats", "3"]
            command += ["--json", f"{{out}}/{name}.json"]
            found.append(Job(name, 2, backend, command, 120.0, f"{name}.json"))
        name = f"sampling-{backend}"
        command = ["benchmarks/sampling_speed.py", "--repeats", "1"]
        command += ["--full-passes", "20", "--cached-runs", "3", "--batch-sizes"]
        command += ["2", "--size", "8"] if smoke else ["16", "64"]
        command += ["--out", f"{{out}}/{name}.json"]
        found.append(Job(name, 2, backend, command, 60.0, f"{name}.json"))
    for recipe, *flags in QUEUE[:1] if smoke else QUEUE:
        flags = [flag.format(data=data) for flag in flags]
        name = recipe.replace("/", "-")
        command = ["-m", "kerasgen", "train", recipe, "--out", f"{{out}}/runs/{name}"]
        command += ["--smoke"] if smoke else flags
        result, folder = f"runs/{name}/results.json", f"runs/{name}"
        found.append(Job(name, 3, backends[0], command, 600.0, result, folder))
    return found


class Watch(threading.Thread):
    """Asks `nvidia-smi` every second how busy the first GPU is, and its memory."""

    QUERY = "--query-gpu=name,utilization.gpu,memory.used"

    def __init__(self):
        super().__init__(daemon=True)
        self.busy, self.memory = [], []
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(1.0):
            seen = self.ask()
            if seen is None:
                return
            self.busy.append(seen[1])
            self.memory.append(seen[2])

    @classmethod
    def ask(cls):
        """Returns name, per cent busy and MiB in use, or None without a GPU."""
        command = ["nvidia-smi", cls.QUERY, "--format=csv,noheader,nounits"]
        try:
            line = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=10
            ).stdout.splitlines()[0]
        except (OSError, subprocess.SubprocessError, IndexError):
            return None
        name, busy, memory = line.rsplit(",", 2)
        return name.strip(), float(busy), float(memory)

    def end(self):
        self._over.set()
        if not self.busy:
            return {}
        return {
            "gpu_busy_percent": round(statistics.mean(self.busy), 1),
            "gpu_memory_mib": max(self.memory),
        }


def run(job, out, seconds):
    """Runs a job for at most `seconds`; returns its line of `campaign.jsonl`."""
    command = [sys.executable, *[part.format(out=out) for part in job.command]]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "KERAS_BACKEND": job.backend,
        "PYTHONPATH": os.pathsep.join(paths),
    }
    watch, start = Watch(), time.monotonic()
    watch.start()
    with open(out / "logs" / f"{job.name}.txt", "w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        out_of_time = False
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            out_of_time = True
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
    status = "done" if code == 0 else "failed"
    if out_of_time or code == STOPPED:
        status = "stopped"
    device = Watch.ask()
    return {
        "name": job.name,
        "stage": job.stage,
        "backend": job.backend,
        "device": device[0] if device else f"{os.cpu_count()} CPU cores",
        "command": " ".join(["python", *command[1:]]),
        "date": datetime.date.today().isoformat(),
        "seconds": round(time.monotonic() - start, 1),
        "code": code,
        "status": status,
        **watch.end(),
        "result": _read(out / job.result) if job.result else None,
    }


def _read(path):
    return json.loads(path.read_text()) if path.is_file() else None


def finished(folder):
    """Returns the names of the jobs that a campaign has done."""
    lines = (folder / "campaign.jsonl").read_text().splitlines()
    return {line["name"] for line in map(json.loads, lines) if line["status"] == "done"}


def campaign(todo, out, seconds, resume=None, smoke=False):
    """Runs jobs until all are done or the time is over.

    Args:
        todo: list of `Job`.
        out: path of the folder of results.
        seconds: float. No job is begun that could not run for 10 seconds and be ended
            within them.
        resume: path of the folder of an earlier campaign, or None.
        smoke: bool. Whether it is a trial, which no results are made of.

    Returns:
        list of the lines written.
    """
    end, lines = time.monotonic() + seconds, []
    (out / "logs").mkdir(parents=True, exist_ok=True)
    done = set() if resume is None else finished(resume)
    for job in todo:
        left = end - time.monotonic() - GRACE
        if job.name in done or left < 10.0:
            continue
        before = resume / job.folder if resume and job.folder else None
        if before is not None and before.is_dir():
            shutil.copytree(before, out / job.folder, dirs_exist_ok=True)
        line = run(job, out, min(job.limit, left))
        line["smoke"] = smoke
        lines.append(line)
        with open(out / "campaign.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")
        print(f"{job.name}: {line['status']}, {line['seconds']} s", flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="folder of the results")
    parser.add_argument("--seconds", type=float, default=480.0)
    parser.add_argument("--resume", help="folder of an earlier campaign")
    parser.add_argument("--backends", default="jax,torch", help="comma-separated")
    parser.add_argument("--data", default="digits", help="data of the recipes")
    parser.add_argument("--smoke", action="store_true", help="a trial in tiny form")
    arguments = parser.parse_args()
    todo = jobs(arguments.backends.split(","), arguments.data, arguments.smoke)
    out = pathlib.Path(arguments.out).resolve()
    resume = pathlib.Path(arguments.resume).resolve() if arguments.resume else None
    lines = campaign(todo, out, arguments.seconds, resume, arguments.smoke)
    return 1 if any(line["status"] == "failed" for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
