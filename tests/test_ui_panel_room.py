"""What the panel says without a result has room in it, in the window's first size."""

from __future__ import annotations

import inspect
import re

from ser_live.ui import presenter, toolbar_state
from ser_live.ui.view_model import Kind, Present

_SAID = re.compile(r'Present\(Kind\.MESSAGE, "([^"]+)", "([^"]+)"\)')


def test_every_message_fits(qtbot, window):
    said = [m for module in (presenter, toolbar_state)
            for m in _SAID.findall(inspect.getsource(module))]  # fmt: skip
    assert len(said) >= 6
    window.resize(1280, 820)
    window._timer.stop()  # it shows what is the case
    panel = window.panel
    cut = []
    for headline, detail in said:
        panel.show_present(Present(Kind.MESSAGE, headline, detail))
        qtbot.wait(20)  # laid out anew
        for label in (panel.headline, panel.detail):
            needed = label.fontMetrics().horizontalAdvance(label.text())
            if needed > label.contentsRect().width():
                cut.append((label.text(), needed, label.width()))
    assert not cut
