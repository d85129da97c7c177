"""What is saved of a session that goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from ser_live.sessions.reader import read_session
from ser_live.sessions.saving import Snapshot, save_analysis
from ser_live.timeline import SpeechEnded, SpeechStarted
from tests.ui_recording import RecordableSession


def test_a_snapshot_does_not_grow_and_is_in_step(tmp_path):
    session = RecordableSession(SimpleNamespace(name="Built-in mic"))
    session.hear(5.0)
    session.utter(1, 1.0, "happy")
    session.timeline.append(SpeechStarted(2, 4.5))
    session.time = 4.75  # the waveform is ahead by the block that is being looked at
    taken = Snapshot.of(session)  # type: ignore[arg-type]
    session.hear(5.0)
    session.timeline.append(SpeechEnded(2, 4.5, 6.0, 1.5))
    assert taken.duration == 4.75 and len(taken.waveform) == 475
    began = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    save_analysis(taken, taken.duration, tmp_path / "a.serlive", started=began)
    saved = read_session(tmp_path / "a.serlive")
    last = saved.timeline.since(0)[-1]
    assert isinstance(last, SpeechEnded) and (last.utterance, last.end) == (2, 4.75)
    assert saved.duration == 4.75 and saved.facts.started == "2026-01-02T03:04:05+00:00"
