"""``ser-live listen``: the microphone to JSON lines, no window.

Every line is an object with a ``type``: ``start`` first, then ``speech_start``, ``window``,
``speech_end``, ``utterance``, ``warning``, and ``end`` last.  With ``--record`` the
session is kept in a file too; when that can no longer be written, listening goes on.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from typing import Any

from ser_live.audio.channels import MIX
from ser_live.audio.microphone import MicrophoneSource
from ser_live.config_override import tune
from ser_live.export.jsonl import write_line
from ser_live.export.records import SCHEMA, result_record
from ser_live.models.checkpoint import load_checkpoint
from ser_live.pipeline import Session
from ser_live.predictor import Predictor
from ser_live.sessions.recording import Recording
from ser_live.timeline import Entry, SpeechEnded, SpeechStarted, UtteranceResult, WindowResult
from ser_live.torch_threads import use_one_thread
from ser_live.tunables import changed


def entry_record(entry: Entry) -> dict[str, Any]:
    """A timeline entry as a line of ``listen``."""
    if isinstance(entry, SpeechStarted):
        return {
            "type": "speech_start",
            "utterance": entry.utterance,
            "start": round(entry.start, 4),
        }
    if isinstance(entry, SpeechEnded):
        return {
            "type": "speech_end",
            "utterance": entry.utterance,
            "start": round(entry.start, 4),
            "end": round(entry.end, 4),
            "speech": round(entry.speech, 4),
        }
    assert isinstance(entry, WindowResult | UtteranceResult)
    kind = "window" if isinstance(entry, WindowResult) else "utterance"
    return {"type": kind} | result_record(entry)


def run_listen(args: argparse.Namespace) -> int:
    """Listen until the duration is over, SIGTERM, or Ctrl-C; then finish what was heard."""
    use_one_thread()
    predictor = Predictor(
        load_checkpoint(args.model),
        args.device,
        on_fallback=lambda text: print(f"ser-live: {text}", file=sys.stderr),
    )
    config = tune(predictor.config, dict(args.set))
    source = MicrophoneSource(args.input, predictor.config.stream, args.channel)
    grew = threading.Event()
    session = Session(source, predictor, on_entry=grew.set, config=config)
    recording = Recording(session, args.record, args.audio) if args.record else None
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    settings = changed(predictor.config, dict(args.set))
    write_line(
        {
            "type": "start",
            "schema": SCHEMA,
            "source": source.name,
            "sample_rate": source.sample_rate,
            "channel": source.channel or MIX,
            "model": predictor.checkpoint.name,
            "backend": predictor.backend,
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        | ({"settings": settings} if settings else {}),
        sys.stdout,
    )
    if recording:
        recording.start()
    session.start()
    written, warned = 0, set[str]()
    try:
        while session.running and not ended.is_set():
            grew.wait(0.05)
            grew.clear()
            written = _write_new(session, written)
            warned = _warn(source, warned, recording)
            if args.duration and session.stats().time >= args.duration:
                break
    finally:
        session.stop()
        if recording:
            recording.stop()
    _warn(source, warned, recording)
    written = _write_new(session, written)
    if session.error:
        raise session.error
    stats = session.stats()
    write_line(
        {
            "type": "end",
            "duration": round(stats.time, 4),
            "dropped": stats.dropped,
            "overflows": source.overflows,
            "lost_samples": source.lost,
        },
        sys.stdout,
    )
    if recording and recording.error:
        print(f"ser-live: {recording.error}", file=sys.stderr)
        return 1
    return 0


def _write_new(session: Session, written: int) -> int:
    entries = session.timeline.since(written)
    for entry in entries:
        write_line(entry_record(entry), sys.stdout)
    return written + len(entries)


def _warn(source: MicrophoneSource, warned: set[str], recording: Recording | None) -> set[str]:
    now = set(source.warnings)
    if recording and recording.error:
        now.add(str(recording.error))
    for text in sorted(now - warned):
        write_line({"type": "warning", "message": text}, sys.stdout)
    return now
