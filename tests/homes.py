"""Homes of tests: which of them trust what another one has made."""

import shutil
from pathlib import Path

from models.bundles.home import Home


def trusting(home: Path, maker: Path) -> Path:
    """Let a home believe the snapshots of another one, as an operator would; return it."""
    Home(maker).sealing_key()
    trusted = Home(home).trusted
    trusted.mkdir(parents=True, exist_ok=True)
    shutil.copy(Home(maker).keys / "sealing.public.pem", trusted / f"{maker.name}.pem")
    return home
