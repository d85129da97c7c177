"""What gives way to the plot of the emotions."""

import pytest

from ser_live.ui.giving_way import (
    GOAL,
    LEGEND,
    OVERVIEW,
    PARTS,
    STRIPS,
    TABLE,
    TABLE_GOAL,
    emotion_height,
    kept_parts,
)

NEEDS = {LEGEND: 100, OVERVIEW: 80, TABLE: 170}
AXES = 100


def gone(room):
    return [part for part in PARTS if part not in kept_parts(room, AXES, 2.0, NEEDS)]


def test_more_room_for_the_emotions_without_others():
    def height(*kept):
        return emotion_height(1000, AXES, NEEDS, set(kept), 1)

    assert height() == 800  # beside the voice
    assert height(LEGEND) == pytest.approx(710)
    assert 500 < height(STRIPS) < 600 and height(*PARTS) < height(STRIPS)
    assert emotion_height(1000, AXES, NEEDS, {STRIPS}, 2) < height(STRIPS)


def test_parts_give_way_in_turn():
    seen = [gone(room) for room in (1000, 850, 780, 700, 600, 510, 200)]
    assert seen == [
        [], [LEGEND], [STRIPS], [LEGEND, STRIPS], [LEGEND, STRIPS, OVERVIEW],
        [LEGEND, STRIPS, TABLE], [*PARTS],
    ]  # fmt: skip


@pytest.mark.parametrize("room", range(300, 1200, 7))
def test_the_emotions_are_high_enough_or_all_are_gone(room):
    kept = set(kept_parts(room, AXES, 2.0, NEEDS))
    least = 2 * (TABLE_GOAL if TABLE in kept else GOAL)
    assert not kept or emotion_height(room, AXES, NEEDS, kept, 1) >= least
    # None is left out without need.
    for part in set(PARTS) - kept:
        assert emotion_height(room, AXES, NEEDS, kept | {part}, 1) < 2 * GOAL


def test_what_the_user_chose_stays():
    giving = tuple(part for part in PARTS if part != STRIPS)
    assert kept_parts(200, AXES, 2.0, NEEDS, 2, giving) == {STRIPS}
