"""Times as the labels of an axis; no Qt."""

from __future__ import annotations

#: Distances between labels that people count in, s.
_SPACINGS = (
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
    2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600,
)  # fmt: skip


def spacing(least: float) -> float:
    """The smallest usual distance of at least ``least`` s.

    >>> spacing(0.7), spacing(31.0), spacing(3000.0)
    (1.0, 60.0, 3600.0)
    """
    return float(next((s for s in _SPACINGS if s >= least), _SPACINGS[-1]))


def label(seconds: float, every: float) -> str:
    """A time as exact as the distance of the labels asks for.

    >>> label(75.5, 0.5), label(75.0, 5), label(3725.0, 5), label(7200.0, 3600)
    ('1:15.5', '1:15', '1:02:05', '2:00:00')
    """
    digits = 0 if every >= 1 else 1 if every >= 0.1 else 2
    parts = round(seconds * 10**digits)
    whole, rest = divmod(parts, 10**digits)
    fraction = f".{rest:0{digits}d}" if digits else ""
    hours, minutes, left = whole // 3600, whole // 60 % 60, whole % 60
    start = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{start}:{left:02d}{fraction}"
