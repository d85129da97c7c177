"""What the list of files says; no window."""

from pathlib import Path

from ser_live.batch_entry import Entry, Progress, State
from ser_live.labels import EMOTIONS, GENDERS
from ser_live.summary import Summary
from ser_live.ui.file_list_model import Undo, left_words, progress_words, row_of


def summary(**seconds):
    spoken = {gender: dict.fromkeys(EMOTIONS, 0.0) for gender in GENDERS}
    spoken["female"].update(seconds)
    return Summary(20.0, 10.0, 3, 0.0, spoken, 1, dict.fromkeys(GENDERS, 5.0))


def entry(state, duration=20.0, reached=0.0, reason="", result=None):
    return Entry(7, Path("/talks/a.wav"), state, duration, reached, reason, result)


def test_every_state_is_told():
    assert row_of(entry(State.WAITING)).state == "waiting"
    busy = row_of(entry(State.ANALYSING, reached=5.0))
    assert (busy.state, busy.share, busy.length) == ("analysing 25 %", 0.25, "0:20.0")
    failed = row_of(entry(State.FAILED, None, reason="the file is empty"))
    assert (failed.state, failed.detail, failed.length) == ("failed", "the file is empty", "")
    assert row_of(entry(State.CANCELLED)).state == "cancelled"
    done = row_of(entry(State.DONE, result=summary(happy=6.0, sad=3.0, fear=0.4)))
    assert done.state == "happy 60 % · sad 30 %"
    assert done.detail == "speech 0:10.0 (50 %) · 1 change"
    assert [name for name, _ in done.emotions] == ["happy", "sad", "fear"]
    assert "happy 60 %" in done.tip and "/talks" in done.tip


def test_speech_that_is_unsure_or_not_there():
    assert row_of(entry(State.DONE, result=summary())).state == "not sure of any"
    silent = Summary(5.0, 0.0, 0, 0.0, summary().spoken, 0, dict.fromkeys(GENDERS, 0.0))
    assert row_of(entry(State.DONE, result=silent)).state == "no speech"


def test_a_result_that_is_made_anew_stays_in_sight():
    again = row_of(entry(State.WAITING, result=summary(happy=5.0)))
    assert again.emotions == (("happy", 0.5),) and "new settings" in again.detail
    kept = row_of(entry(State.DONE, reason="still the earlier result", result=summary(sad=5.0)))
    assert kept.detail == "still the earlier result"


def test_progress_in_words():
    assert progress_words(Progress(5, 2, 1, 0, 0.5, 130.0)) == "2 of 5 done · 1 failed · 2 min left"
    assert progress_words(Progress(5, 2, 0, 0, 0.5, None)) == "2 of 5 done"
    assert progress_words(Progress(5, 5, 0, 0, 1.0, 0.0)) == "5 of 5 done"
    assert progress_words(Progress(5, 2, 0, 3, 1.0, 9.0)) == "2 of 5 done · 3 cancelled"
    assert left_words(0.2) == "5 s left" and left_words(57) == "1 min left"


def test_undo_goes_back_step_by_step():
    undo, done = Undo(), []
    undo.add("a", lambda: done.append("a"))
    undo.add("b", lambda: done.append("b"))
    assert [undo.take_back(), undo.take_back(), undo.take_back()] == ["b", "a", None]
    assert done == ["b", "a"]
