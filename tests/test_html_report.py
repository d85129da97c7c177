"""The HTML report: one page that loads nothing, is well formed, and says what was found."""

from __future__ import annotations

import html.parser
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ser_live.cli import main
from ser_live.config import Config
from ser_live.emotion_marks import EMOTION_COLOURS
from ser_live.export.formats import FORMATS, format_of
from ser_live.export.html_curves import clock, lanes, speech_path, ticks
from ser_live.export.html_report import MOST_ROWS
from ser_live.export.results import Results
from ser_live.labels import EMOTIONS
from ser_live.timeline import (
    SpeechEnded,
    SpeechStarted,
    Timeline,
    UtteranceResult,
    WindowResult,
)
from tests.estimates import estimate

_EMPTY = {"meta", "link", "br", "img", "input", "hr"}


def results(utterances: int, source: str = "talk.wav", pause: float = 1.0) -> Results:
    """Three-second utterances, emotions in turn, the last one unsure."""
    timeline = Timeline()
    for number in range(1, utterances + 1):
        start = (number - 1) * (3.0 + pause)
        unsure = number == utterances
        said = estimate("female", EMOTIONS[number % 7], 0.2 if unsure else 0.8)
        timeline.append(SpeechStarted(number, start))
        for at in np.arange(start + 0.75, start + 3.0, 0.25):
            timeline.append(WindowResult(number, start, float(at), 0.7, False, said))
        timeline.append(SpeechEnded(number, start, start + 3.0, 2.5))
        timeline.append(UtteranceResult(number, start, start + 3.0, 2.5, said))
    duration = max(1.0, utterances * (3.0 + pause))
    config = Config().to_json()
    return Results(source, duration, "m@1", timeline, "2026-03-01T12:34:56+01:00", config)


def page_of(what: Results) -> str:
    stream = io.BytesIO()
    FORMATS["html"].write_one(what, stream)
    assert not stream.closed
    return stream.getvalue().decode("utf-8")


class Reader(html.parser.HTMLParser):
    """Sees that tags are closed in order; collects attributes and the text in sight."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


def test_it_says_what_was_found():
    page = page_of(results(8))
    text = " ".join(Reader(page).text.split())
    for said in ("talk.wav", "m@1", "Recorded 2026-03-01 12:34", "8 utterances", "20.0 s"):
        assert said in text
    assert "6 changes" in re.sub(r"(\d) ?(changes?) of emotion", r"\1 \2", text)
    for name in EMOTIONS:
        assert name in text
    assert "perceived, acted" in text and "told" in text
    assert "5(1)(f)" in text and "50(3)" in text
    assert "not sure" in text
    assert text.count("female 9") + text.count("female 8") >= 7  # the voice of every utterance
    assert "min confidence" in text  # the configuration


def test_it_loads_nothing_and_runs_nothing():
    page = page_of(results(8))
    reader = Reader(page)
    tags = {tag for tag, _, _ in reader.attributes}
    assert not tags & {"script", "link", "iframe", "object"}
    for tag, name, value in reader.attributes:
        if name in ("href", "src", "xlink:href", "action"):
            assert value.startswith("#"), (tag, name, value)
        assert not name.startswith("on")
    assert "url(" not in page and "@import" not in page and "http" not in page


def test_odd_names_are_text_not_markup():
    page = page_of(results(2, source='<img src=x onerror="alert(1)"> & Söhne.wav'))
    assert "<img" not in page and "&lt;img" in page
    assert '<img src=x onerror="alert(1)"> & Söhne.wav' in Reader(page).text


def test_every_drawing_is_valid_svg_within_its_frame():
    page = page_of(results(12))
    drawings = re.findall(r"<svg class=\"plot\".*?</svg>", page, re.S)
    assert len(drawings) == 8
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("aria-label")
        for path in root.iter("path"):
            numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.get("d") or "")]
            assert numbers and min(numbers) >= 0 and max(numbers) <= 1000


def test_curves_have_the_program_s_colours_and_never_colour_alone():
    page = page_of(results(8))
    for name, colour in EMOTION_COLOURS.items():
        assert f".{name} {{ --c: {colour}; }}" in page
    dashed = [n for n in EMOTIONS if f".mark.{n} path {{ stroke-dasharray" in page]
    assert dashed == [n for n in EMOTIONS if n != "angry"]  # the one solid line
    assert "prefers-color-scheme: dark" in page and "@media print" in page


def test_lanes_follow_the_estimates():
    drawn = {lane.name: lane for lane in lanes(results(7))}
    # Utterance 1 (0 to 3 of 28 s) is disgust at about 80 %.
    assert drawn["disgust"].blocks.startswith("M0 88H107.1")
    assert drawn["disgust"].results.startswith("M0 1")  # near the top
    assert drawn["fear"].results.startswith("M0 9")  # near the bottom
    assert drawn["female"].curve.count("M") == 7  # an interruption at every pause
    assert speech_path(results(7)).count("M") == 7
    # The last one is unsure: nobody's block.
    assert sum(lane.blocks.count("M") for lane in drawn.values()) == 6


def test_utterances_that_touch_stay_apart():
    assert speech_path(results(4, pause=0.0)).count("M") == 4


def test_hours_stay_a_reasonable_page():
    long = results(5 * 3600 // 4)
    page = page_of(long)
    assert len(page) < 2_500_000
    assert "<details open" not in page  # the table is folded
    assert page.count("<tr>") < MOST_ROWS + 50
    assert f"{4500 - MOST_ROWS} more are not shown" in page
    for lane in lanes(long):
        assert len(lane.curve) < 20_000 and len(lane.blocks) < 40_000
    assert "4:00:00" in page


def test_few_utterances_are_in_sight():
    assert "<details open" in page_of(results(5))


def test_nobody_spoke():
    page = page_of(Results("silence.wav", 5.0, "m@1", Timeline()))
    text = Reader(page).text
    assert "Nobody spoke" in text and "perceived" in text
    assert "Recorded" not in text  # when is not known
    page_of(Results("nothing.wav", 0.0, "m@1", Timeline()))


@pytest.mark.parametrize("config", ["", "{", "[]", '{"a": 1}'])
def test_a_configuration_that_cannot_be_read_is_left_out(config):
    page = page_of(Results("x.wav", 5.0, "m", Timeline(), config=config))
    assert "<section>" not in page


@pytest.mark.parametrize("duration", [0.4, 3.0, 59.0, 3600.0, 40_000.0, 400_000.0])
def test_ticks_are_few_and_inside(duration):
    found = ticks(duration)
    assert 1 <= len(found) <= 10
    assert found[0] == (0.0, "0:00")
    assert all(0 <= at < 1 for at, _ in found)
    assert len({text for _, text in found}) == len(found)


def test_clock_rounds_to_the_second():
    assert [clock(t) for t in (0.0, 59.6, 3599.7)] == ["0:00", "1:00", "1:00:00"]


def test_by_the_command_line(tmp_path, demo_clip, capsys):
    clip = tmp_path / "talk.wav"
    clip.write_bytes(demo_clip.read_bytes())
    assert main(["export", str(clip), "--to", "html", "-q"]) == 0
    page = (tmp_path / "talk.html").read_text(encoding="utf-8")
    Reader(page)
    assert "talk.wav" in page and str(tmp_path) not in page  # a report is given to others
    assert main(["export", str(clip), "--to", "jsonl", "-o", "-", "-q"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert f"{len(record['utterances'])} utterances, one a line" in page
    assert record["model"] in page


def test_a_file_s_name_chooses_it():
    assert format_of("report.HTML") is FORMATS["html"]


def test_the_template_is_in_the_wheel(tmp_path):
    pytest.importorskip("hatchling")
    repository = Path(__file__).resolve().parent.parent
    code = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=repository, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "ser_live/export/templates/report.html.j2" in archive.namelist()
        (metadata,) = [n for n in archive.namelist() if n.endswith("METADATA")]
        required = archive.read(metadata).decode()
    assert re.search(r"^Requires-Dist: jinja2[^;]*$", required, re.M)
