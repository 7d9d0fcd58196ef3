"""`pictures.ipynb`, run as Jupyter runs it: what displays itself, and how briefly."""

import base64
import io
import pathlib

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.any_backend

nbclient = pytest.importorskip("nbclient", reason="pip install 'kerasgen[test]'")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

NOTEBOOK = pathlib.Path(__file__).with_name("pictures.ipynb")
DISPLAYED = ("train", "kerasgen.show", "explore.", ")")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own parts
def test_a_notebook_shows_pictures_in_place_of_numbers():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        notebook,
        timeout=600,
        resources={"metadata": {"path": str(NOTEBOOK.parents[1])}},
    ).execute()
    shown = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        results = [o for o in cell.outputs if o.output_type == "execute_result"]
        last = cell.source.splitlines()[-1]
        assert bool(results) == last.startswith(DISPLAYED)
        for result in results:
            shown += 1
            if "text/html" in result.data:
                assert "<table>" in result.data["text/html"]
                assert "sliced_wasserstein" in result.data["text/plain"]
                continue
            assert len(result.data["text/plain"]) < 120
            png = base64.b64decode(result.data["image/png"])
            with Image.open(io.BytesIO(png)) as image:
                pixels = np.asarray(image.convert("L"))
            assert max(pixels.shape) >= 512 and np.ptp(pixels) == 255
    assert shown == 10
