"""Experiment trackers: MLflow, Weights & Biases, Trackio."""

import numpy as np

from kerasgen.callbacks.tracker import Tracker


class MLflowTracker(Tracker):
    """Tells MLflow of a training: metrics, parameters, images, the model as artifact.

    See `kerasgen.callbacks.Tracker` for what is logged and when. It needs `mlflow` or
    `mlflow-skinny`, and touches no run that is active in the process.

    Args:
        project: str. The experiment, made where it is missing.
        tracking_uri: str or None. Where runs are kept, such as
            `"sqlite:///mlflow.db"`; None for MLflow's own setting.
        name, settings, images, save_model: as in `kerasgen.callbacks.Tracker`.
    """

    package, distribution = "mlflow", "mlflow"

    def __init__(self, project="kerasgen", tracking_uri=None, **options):
        super().__init__(project, **options)
        self.tracking_uri = tracking_uri

    def start(self):
        self.client = self.module.MlflowClient(self.tracking_uri)
        if self.run_id is not None:
            self.client.update_run(self.run_id, status="RUNNING")
            return
        experiment = self.client.get_experiment_by_name(self.project)
        if experiment is None:
            number = self.client.create_experiment(self.project)
        else:
            number = experiment.experiment_id
        run = self.client.create_run(number, run_name=self.name)
        self.run_id = run.info.run_id
        for key, value in self.settings.items():
            self.client.log_param(self.run_id, key, value)

    def scalars(self, step, values):
        for name, value in values.items():
            self.client.log_metric(self.run_id, name, value, step=step)

    def picture(self, step, name, image):
        path = f"{name}/step-{step:08d}.png"
        self.client.log_image(self.run_id, image, artifact_file=path)

    def file(self, path):
        self.client.log_artifact(self.run_id, str(path))

    def finish(self, failed):
        self.client.set_terminated(self.run_id, "FAILED" if failed else "FINISHED")


class WandbTracker(Tracker):
    """Tells Weights & Biases of a training: scalars, images, the model as artifact.

    See `kerasgen.callbacks.Tracker` for what is logged and when. It needs `wandb`; the
    environment variable `WANDB_MODE=offline` keeps all on this machine.

    Args:
        directory: path or None. The folder in which `wandb/` is made; None for
            wandb's own setting.
        project, name, settings, images, save_model: as in
            `kerasgen.callbacks.Tracker`.
    """

    package, distribution = "wandb", "wandb"

    def __init__(self, project="kerasgen", directory=None, **options):
        super().__init__(project, **options)
        self.directory = directory

    def start(self):
        self.run = self.module.init(
            project=self.project,
            name=self.name,
            config=self.settings,
            dir=self.directory,
            id=self.run_id,
            resume="allow",
        )
        self.run_id = self.run.id

    def scalars(self, step, values):
        self.run.log(values, step=step)

    def picture(self, step, name, image):
        self.run.log({name: self.module.Image(image)}, step=step)

    def file(self, path):
        artifact = self.module.Artifact(f"model-{self.run_id}", type="model")
        artifact.add_file(str(path))
        self.run.log_artifact(artifact)

    def finish(self, failed):
        self.run.finish(exit_code=int(failed))


class TrackioTracker(Tracker):
    """Tells Trackio of a training: scalars, images, the model as artifact.

    See `kerasgen.callbacks.Tracker` for what is logged and when. It needs `trackio`,
    which keeps runs on this machine, below `TRACKIO_DIR`; `trackio show` shows them.

    Args:
        project, name, settings, images, save_model: as in
            `kerasgen.callbacks.Tracker`.
    """

    package, distribution = "trackio", "trackio"

    def start(self):
        self.run = self.module.init(
            project=self.project,
            name=self.run_id or self.name,
            config=self.settings,
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        self.run_id = self.run.name

    def scalars(self, step, values):
        self.run.log(values, step=step)

    def picture(self, step, name, image):
        if image.shape[-1] == 1:  # which Trackio drops
            image = np.repeat(image, 3, axis=-1)
        self.run.log({name: self.module.Image(image)}, step=step)

    def file(self, path):
        self.run.log_artifact(str(path), name=f"model-{self.run_id}", type="model")

    def finish(self, failed):
        self.run.finish()


TRACKERS = {"mlflow": MLflowTracker, "wandb": WandbTracker, "trackio": TrackioTracker}
