"""An index in a folder: all wheels of a lock, and newer releases of some that break whoever has them."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

from packaging.utils import canonicalize_name, parse_wheel_filename

from tests.install.locks import LOCKS

NEWER = "999.0"


def fill(folder: Path, lock: str, doctored: Iterable[str]) -> Path:
    """Return an index of a lock's own wheels, with a newer release of each name of ``doctored``."""
    wheels = folder / "wheels"
    pip(
        Path(sys.executable),
        "download",
        "--no-deps",
        "--dest",
        wheels,
        "-r",
        LOCKS / f"{lock}.lock",
        environment=dict(os.environ),
    )
    for name in doctored:
        _release(wheels, name)
    for wheel in wheels.iterdir():
        name = canonicalize_name(parse_wheel_filename(wheel.name)[0])
        page = folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        with page.open("a", encoding="utf-8") as file:
            file.write(f'<a href="{wheel.as_uri()}">{wheel.name}</a>\n')
    return folder / "simple"


def _release(wheels: Path, name: str) -> None:
    """Write a wheel that any Python may install, and whose module cannot be imported."""
    module = name.replace("-", "_")
    about = f"{module}-{NEWER}.dist-info"
    with ZipFile(wheels / f"{module}-{NEWER}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}.py", 'raise ImportError("a release newer than the lock")\n')
        wheel.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {NEWER}\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(
            f"{about}/RECORD",
            f"{module}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n",
        )


def environment(folder: Path) -> Path:
    """Make a virtual environment with pip as this Python brings it; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin" / "python"


def alone() -> dict[str, str]:
    """Return an environment in which pip knows no index but the one that it is handed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {"PIP_CONFIG_FILE": os.devnull}


def pip(python: Path, *words: str | Path, environment: dict[str, str]) -> str:
    """Run pip; return what it prints. What it complains of is part of the error."""
    done = subprocess.run(
        [python, "-m", "pip", *words, "--disable-pip-version-check"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"pip {' '.join(map(str, words))}\n{done.stdout}{done.stderr}"
    return done.stdout
