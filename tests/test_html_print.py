"""The HTML report on paper: what is folded on the screen, and what a browser prints."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from test_html_report import results

from ser_live.export.html_report import FOLDED_ROWS, PRINTED_ROWS, write_html

_BROWSERS = ("chromium", "google-chrome", "chrome")


def page(utterances: int) -> str:
    stream = io.BytesIO()
    write_html(results(utterances), stream)
    return stream.getvalue().decode()


@pytest.mark.parametrize(
    ("utterances", "tag"),
    [
        (FOLDED_ROWS - 1, '<details open class="printed">'),
        (PRINTED_ROWS, '<details class="printed"><summary>150'),
        (PRINTED_ROWS + 1, "<details><summary>151"),
    ],
)
def test_a_short_list_is_printed_though_it_is_folded(utterances, tag):
    assert tag in page(utterances)


def pdf_text(folder: Path, utterances: int) -> str:
    """The words of the printed page, by a browser without a window."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None or not shutil.which("pdftotext"):
        pytest.skip("no browser, or no pdftotext (Debian: chromium, poppler-utils)")
    source, target = folder / "report.html", folder / "report.pdf"
    source.write_text(page(utterances), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}", str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    done = subprocess.run(
        ["pdftotext", "-layout", str(target), "-"], check=True, capture_output=True, timeout=60
    )
    return done.stdout.decode()


def test_a_browser_prints_the_folded_list_with_all_its_columns(tmp_path):
    text = pdf_text(tmp_path, 60)
    rows = [line.split() for line in text.splitlines() if line.split()[:1] == ["59"]]
    assert len(rows) == 1
    assert rows[0][-3] == "female" and rows[0][-1] == "%"  # the last column, not cut off
    assert "too many for paper" not in text and "Configuration of the model" not in text


def test_a_browser_says_where_a_long_list_is(tmp_path):
    text = pdf_text(tmp_path, PRINTED_ROWS + 50)
    assert "too many for paper" in text
    assert not [line for line in text.splitlines() if line.split()[:1] == ["59"]]
