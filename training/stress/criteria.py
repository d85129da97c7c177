"""Predictions → tests passed, failed or not run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_score, recall_score

from ser_live.labels import EMOTIONS, GENDERS
from training.stress.registry import UAR_DROP, UNCHANGED, Perturbation

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
#: Correctness: precision and recall per class, UAP and UAR, at least.
CORRECT = 0.5
#: Fairness: a sex's figure may differ from the combined one by at most this.
FAIR = {"precision": 0.075, "recall": 0.175, "UAP": 0.075, "UAR": 0.075}
_SLACK = 1e-9  # so that 0.45 − 0.40 is not more than 0.05


@dataclass(frozen=True)
class Outcome:
    """One test: perturbation × corpus × criterion.

    Attributes:
        group, test, corpus, criterion: what was tested.
        value, limit: the figure and its bound; ``None`` where not run.
        state: ``passed``, ``failed`` or ``not run``.
        clips: number of clips.
        uar_clean, uar: before and after (0 to 1), where the input was changed.
        unchanged: share of clips whose top emotion stayed.
        reason: why it was not run.
    """

    group: str
    test: str
    corpus: str
    criterion: str
    value: float | None
    limit: float | None
    state: str
    clips: int
    uar_clean: float | None = None
    uar: float | None = None
    unchanged: float | None = None
    reason: str = ""


def uar(truth: np.ndarray, guess: np.ndarray) -> float:
    """Mean recall (0 to 1) over the classes that the (n,) labels hold; (n,) answers."""
    return float(np.mean([np.mean(guess[truth == c] == c) for c in np.unique(truth)]))


def judge(
    p: Perturbation, corpus: str, truth: np.ndarray, clean: np.ndarray, guess: np.ndarray | None
) -> list[Outcome]:
    """The tests of one perturbation on one corpus.

    Args:
        p: the perturbation.
        corpus: its name.
        truth: (n,) true emotion index.
        clean: (n,) predicted emotion index, of the clean clips or of the reference condition.
        guess: (n,) the same of the perturbed clips; ``None``: not run.
    """
    out = []
    for criterion, limit in p.limits.items():
        if guess is None:
            why = p.missing or "no predictions"
            out.append(
                Outcome(
                    p.group, p.name, corpus, criterion, None, limit, NOT_RUN, len(truth), reason=why
                )
            )
            continue
        before, after = uar(truth, clean), uar(truth, guess)
        same = float(np.mean(clean == guess))
        value = {UAR_DROP: before - after, UNCHANGED: same}[criterion]
        good = value <= limit + _SLACK if criterion == UAR_DROP else value >= limit - _SLACK
        out.append(
            Outcome(
                p.group, p.name, corpus, criterion, value, limit, PASSED if good else FAILED,
                len(truth), before, after, same,
            )
        )  # fmt: skip
    return out


def _figures(truth: np.ndarray, guess: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    """Precision and recall per class, UAP, UAR; NaN where there is nothing to divide by."""
    options = {"labels": classes, "average": None, "zero_division": np.nan}
    precision = precision_score(truth, guess, **options)
    recall = recall_score(truth, guess, **options)
    out = {}
    for c, p, r in zip(classes, precision, recall, strict=True):
        out[f"precision, {EMOTIONS[c]}"], out[f"recall, {EMOTIONS[c]}"] = float(p), float(r)
    # A class that is never predicted has no precision: it counts as 0 in the average.
    return out | {"UAP": float(np.nan_to_num(precision).mean()), "UAR": float(np.mean(recall))}


def correctness(corpus: str, truth: np.ndarray, guess: np.ndarray) -> list[Outcome]:
    """Precision and recall of each class that the corpus holds, UAP and UAR: at least 0.5.

    A class that is never predicted fails its precision.
    """
    out = []
    for name, value in _figures(truth, guess, np.unique(truth)).items():
        value = 0.0 if np.isnan(value) else value
        state = PASSED if value >= CORRECT - _SLACK else FAILED
        out.append(
            Outcome("correctness", name, corpus, "at least", value, CORRECT, state, len(truth))
        )
    return out


def fairness(
    corpus: str, truth: np.ndarray, guess: np.ndarray, gender: np.ndarray
) -> list[Outcome]:
    """Each sex against both together.

    Args:
        corpus: its name.
        truth: (n,) true emotion index.
        guess: (n,) predicted emotion index.
        gender: (n,) gender index.
    """
    classes = np.unique(truth)
    both = _figures(truth, guess, classes)
    alone = len(np.unique(gender)) < 2
    out = []
    for g, sex in enumerate(GENDERS):
        inside = gender == g
        own = _figures(truth[inside], guess[inside], classes) if inside.any() and not alone else {}
        for name, combined in both.items():
            gap = own.get(name, np.nan) - combined
            limit = FAIR[name.split(",")[0]]
            good = abs(gap) <= limit + _SLACK
            state = NOT_RUN if np.isnan(gap) else PASSED if good else FAILED
            why = "speakers of one sex only" if alone else "class never said or never predicted"
            out.append(
                Outcome(
                    "fairness", f"{sex}: {name}", corpus, "gap", None if np.isnan(gap) else gap,
                    limit, state, int(inside.sum()), reason=why if state == NOT_RUN else "",
                )
            )  # fmt: skip
    return out


def tally(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many passed, failed and were not run."""
    states = [o.state for o in outcomes]
    return {state: states.count(state) for state in (PASSED, FAILED, NOT_RUN)}


def share_passed(outcomes: Iterable[Outcome]) -> float | None:
    """Passed among those run, 0 to 1; ``None`` where none was run."""
    counts = tally(outcomes)
    run = counts[PASSED] + counts[FAILED]
    return counts[PASSED] / run if run else None
