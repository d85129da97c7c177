"""Files that come with the program and may be missing: icon, demo clip, model card, licence."""

from __future__ import annotations

from pathlib import Path

from ser_live.asset_files import asset_path


def asset(name: str) -> Path | None:
    """Path of an asset in an installed package or a checkout; ``None`` when it is not there."""
    path = asset_path(name)
    return path if path.exists() else None


def asset_text(name: str) -> str | None:
    """Content of a text asset, or ``None``."""
    path = asset(name)
    return path.read_text(encoding="utf-8") if path else None
