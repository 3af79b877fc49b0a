"""The notebook of a data scientist's afternoon, executed from nothing.

``python -m tests.documents.afternoon`` executes it and writes its outputs back into it; the
long tests execute it and compare.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "afternoon.ipynb"
PATIENCE = 900
"""Seconds that one cell may take on a busy machine."""


def read() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run every cell in a new kernel that works in a folder; the first error is raised."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with alone(folder):
        NotebookClient(
            notebook,
            timeout=PATIENCE,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
        ).execute()
    return notebook


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep what a kernel writes for itself, and what the notebook makes, within the folder."""
    kept = dict(os.environ)
    own = ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR")
    os.environ |= {name: str(folder) for name in own} | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def texts(notebook: NotebookNode) -> list[str]:
    """Return what every cell prints, in words: pictures and tables of HTML left out."""
    return [
        output.get("text") or output["data"]["text/plain"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" not in output.get("data", {})
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        nbformat.write(executed(read(), Path(place)), NOTEBOOK)
    sys.stdout.write(f"{NOTEBOOK}: {NOTEBOOK.stat().st_size:,} bytes\n")
