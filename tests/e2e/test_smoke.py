"""The whole window on a real display and on none, and at twice the pixels; each in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = Path(__file__).with_name("smoke_program.py")


@pytest.mark.timeout(500)
@pytest.mark.parametrize(
    ("platform", "ratio"), [("offscreen", 1), ("xcb", 1), ("offscreen", 2)],
    ids=["offscreen", "display", "high-dpi"],
)  # fmt: skip
def test_the_whole_window(platform, ratio, request, demo_clip, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(_PROGRAM.parents[2])}
    if platform == "offscreen":
        environment["QT_QPA_PLATFORM"] = "offscreen"
    else:
        request.getfixturevalue("display")
    if ratio != 1:
        environment["QT_SCALE_FACTOR"] = str(ratio)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        environment[variable] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, str(_PROGRAM), str(demo_clip), str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=450,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "QThread" not in done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert "failure" not in seen, seen["failure"]
    assert seen["done"]
    if sys.platform == "linux":
        assert seen["platform"] == platform
    assert seen["opened before the notice"] is False
    assert seen["utterances"] >= 5
    titles = [title for title, _ in seen["dialogs"]]
    for title in ("Open…", "Export results…", "Save plots as picture…", "Keys…", "About SER Live…"):
        assert title in titles
    assert dict(seen["dialogs"])["Export results…"] == "saved"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert f"{seen['utterances']} utterances, one a line" in page
    assert seen["ratio"] == ratio
    assert seen["picture"][0] >= 900 * ratio
    assert seen["colours"] > 30  # something is drawn
