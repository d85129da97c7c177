"""How far the claims table's rule can be trusted."""

from __future__ import annotations

import numpy as np

_DRAWS = 100_000
_SEED = 2026


def false_verdicts(seeds: int) -> float:
    """How often twice the spread of so many seeds is exceeded by one more run of the same setting.

    The spread (largest minus smallest) of two or three runs is often small by luck.  By drawing
    all runs from one normal distribution; its mean and deviation do not matter.

    Args:
        seeds: runs of the baseline, at least 2.

    Returns:
        0 to 1.

    Raises:
        ValueError: less than two seeds have no spread.
    """
    if seeds < 2:
        raise ValueError("one seed has no spread")
    rng = np.random.default_rng(_SEED)
    baseline, other = rng.standard_normal((_DRAWS, seeds)), rng.standard_normal(_DRAWS)
    gap = np.abs(other - baseline.mean(1))
    return float((gap >= 2 * np.ptp(baseline, axis=1)).mean())
