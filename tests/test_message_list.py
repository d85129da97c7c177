"""Which message is shown, and which go by themselves."""

import pytest

from ser_live.ui.message_list import (
    BEHIND_SECONDS,
    READ_SECONDS,
    SHOWN_SECONDS,
    MessageList,
)
from ser_live.ui.messages import Action, Message


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def messages(clock):
    return MessageList(clock)


def info(key, **more):
    return Message(key, "info", key, **more)


ERROR = Message("file", "error", "no such file")
WARNING = Message("stall", "warning", "unplugged")


def keys(messages):
    return [m.key for m in messages.standing]


def test_the_most_important_is_first_and_shown(messages):
    for message in (info("a"), WARNING, ERROR, info("b")):
        messages.add(message)
    assert keys(messages) == ["file", "stall", "b", "a"]
    assert messages.shown is ERROR and messages.number == 1


def test_what_was_read_gives_way_to_what_is_new(messages, clock):
    messages.add(ERROR)
    clock.now += READ_SECONDS
    messages.add(info("saved"))
    assert messages.shown.key == "saved" and messages.number == 2
    clock.now += SHOWN_SECONDS
    assert [m.key for m in messages.expired()] == ["saved"]
    messages.remove("saved")
    assert messages.shown is ERROR


def test_a_message_of_the_same_key_takes_its_place(messages):
    messages.add(info("a"))
    newer = Message("a", "info", "again")
    messages.add(newer)
    assert messages.standing == [newer] and messages.shown is newer


def test_steps_end_at_the_ends(messages):
    for message in (info("a"), WARNING, ERROR):
        messages.add(message)
    seen = []
    for by in (-1, 1, 1, 1, -1):
        messages.step(by)
        seen.append(messages.shown.key)
    assert seen == ["file", "stall", "a", "a", "stall"]


def test_only_what_is_done_goes_by_itself(messages, clock):
    way_back = (Action("Back", "Back", lambda: None),)
    for message in (
        info("done"), info("state", stays=True), info("choice", actions=way_back),
        info("consent", put_away=lambda: None), WARNING, ERROR,
    ):  # fmt: skip
        messages.add(message)
    clock.now += BEHIND_SECONDS - 1
    assert not messages.expired()
    clock.now += 1
    assert [m.key for m in messages.expired()] == ["done"]
    assert messages.passing
    messages.remove("done")
    assert not messages.passing


def test_nothing_goes_while_somebody_points_at_it(messages, clock):
    messages.add(info("a"))
    clock.now += SHOWN_SECONDS - 1
    messages.hold(True)
    clock.now += 100
    assert not messages.expired()
    messages.hold(False)
    clock.now += 0.5
    assert not messages.expired()
    clock.now += 0.5
    assert [m.key for m in messages.expired()] == ["a"]


def test_the_past_keeps_everything(messages):
    for number in range(5):
        messages.add(Message("same", "info", str(number)))
    messages.remove("same")
    assert [m.title for _, m in messages.past] == list("01234")
    assert messages.shown is None and messages.number == 0
