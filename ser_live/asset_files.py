"""Where the files of ``assets/`` lie, in a checkout or in an installed package."""

from __future__ import annotations

from pathlib import Path


def asset_path(name: str) -> Path:
    """Path of an asset; it may not exist."""
    here = Path(__file__).resolve().parent
    installed = here / "assets" / name
    return installed if installed.exists() else here.parent / "assets" / name
