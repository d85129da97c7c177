"""The list of inputs from a process of its own."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
import sounddevice

from ser_live.audio import list_inputs
from ser_live.audio.list_inputs import InputLister
from tests.test_pulse import loaded, sink


def test_it_sees_what_came_after_portaudio_was_initialised(virtual_microphone):
    lister = InputLister()
    before = lister.list(60)
    assert {"pulse", "default"} <= {d.name for d in before}
    with loaded(virtual_microphone, *sink("tv", "Television")):
        names = {d.name for d in lister.list(60)}
        assert names - {d.name for d in before} == {"System playback: Television"}
    assert lister.list(60) == before


def test_our_own_portaudio_is_left_alone(virtual_microphone, monkeypatch):
    monkeypatch.setattr(sounddevice, "_initialize", lambda: pytest.fail("initialised"))
    assert InputLister().list(60)


def test_neither_torch_nor_qt_is_imported(virtual_microphone):
    code = (
        "import sys; from ser_live.audio import list_inputs; list_inputs.main();"
        "print([m for m in sys.modules if m.split('.')[0] in ('torch', 'PySide6', 'librosa')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    listed, imported = done.stdout.splitlines()[-2:]
    assert json.loads(listed) and imported == "[]"


def test_files_in_the_users_folder_are_not_imported(virtual_microphone, tmp_path, monkeypatch):
    (tmp_path / "sounddevice.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert InputLister().list(60)


def test_failures_are_silent(monkeypatch, tmp_path):
    def fake(text):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        monkeypatch.setattr(list_inputs.sys, "executable", str(program))

    for text in ("exit 1", "echo no JSON", "echo '[{\"name\": 1}]'", "echo 3"):
        fake(text)
        assert InputLister().list(60) is None
    monkeypatch.setattr(list_inputs.sys, "executable", str(tmp_path / "absent"))
    assert InputLister().list(60) is None


def test_a_process_that_hangs_is_ended(monkeypatch, tmp_path):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(list_inputs.sys, "executable", str(program))
    assert InputLister().list(2.0) is None
    lister = InputLister()
    thread = threading.Thread(target=lister.list, args=(600,))
    (tmp_path / "pid").unlink(missing_ok=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    lister.cancel()
    thread.join(60)
    assert not thread.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert lister.list() is None  # none is started any more
