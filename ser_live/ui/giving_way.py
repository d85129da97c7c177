"""What gives way to the plot of the emotions where large text leaves little room; no widgets."""

from __future__ import annotations

from collections.abc import Mapping

#: Of the plot of the emotions, pixels at 100 %; at 200 % two fifths of a window of 700 pixels.
GOAL = 137
#: The same, from which on the table stays.
TABLE_GOAL = 110
#: What gives way, the first first: the panel's bars show what the legend does; the table has all
#: results in words.
LEGEND, STRIPS, OVERVIEW, TABLE = "legend", "strips", "overview", "table"
PARTS = (LEGEND, STRIPS, OVERVIEW, TABLE)
#: Stretch factors of the plots.
EMOTION, STRIP, VOICE_ALONE = 6, 3, 2


def emotion_height(
    room: float, axes: float, needs: Mapping[str, float], kept: set[str], strips: int
) -> float:
    """Pixels that the plot of the emotions gets, about.

    Args:
        room: for everything.
        axes: pixels that axes and gaps take.
        needs: pixels that a part takes, spacing included; ``STRIPS`` shares the plots' room.
        kept: parts that are shown.
        strips: how many strips stand above the emotions where there is room.
    """
    rest = room - sum(needs[part] for part in kept if part != STRIPS)
    # Qt's layout shares by the squares of the stretch factors, as measured.
    others = (strips + 1) * STRIP**2 if STRIPS in kept else VOICE_ALONE**2
    return rest * EMOTION**2 / (EMOTION**2 + others) - axes


def kept_parts(
    room: float,
    axes: float,
    size: float,
    needs: Mapping[str, float],
    strips: int = 1,
    giving: tuple[str, ...] = PARTS,
) -> frozenset[str]:
    """The parts that are shown so that the plot of the emotions is high enough.

    They give way in turn; what need not have gone, as a larger one went later, comes back.

    Args:
        room, axes, needs, strips: as for :func:`emotion_height`.
        size: of the text, 1 for 100 %.
        giving: the parts that may go, the first first.
    """
    kept = set(PARTS)

    def fits(part: str) -> bool:
        goal = size * (TABLE_GOAL if part == TABLE else GOAL)
        return emotion_height(room, axes, needs, kept | {part}, strips) >= goal

    for part in giving:
        if fits(part):
            break
        kept.remove(part)
    for part in reversed(giving):
        if part not in kept and fits(part):
            kept.add(part)
    return frozenset(kept)
