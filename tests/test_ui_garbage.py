"""Cyclic garbage is collected in the UI thread."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject, Signal

from ser_live.ui.garbage import UiThreadGarbage


class Engine(QObject):
    changed = Signal()
    predictor = None


class Cycle:
    def __init__(self):
        self.me = self


@pytest.fixture
def garbage(qapp):
    gc.unfreeze()  # what tests with a window have frozen
    engine = Engine()
    garbage = UiThreadGarbage(engine)
    garbage.engine = engine
    yield garbage
    garbage.stop()
    assert gc.isenabled() and gc.get_freeze_count() == 0


def test_no_other_thread_collects_and_the_ui_thread_does(garbage, qtbot):
    where = []

    def work():
        for _ in range(5_000):
            cycle = Cycle()
            weakref.finalize(cycle, lambda: where.append(threading.get_ident()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not where
    qtbot.waitUntil(lambda: len(where) == 5_000, timeout=20_000)
    assert set(where) == {threading.get_ident()}


def test_what_is_there_with_the_model_is_not_looked_at_again(garbage):
    garbage.engine.changed.emit()
    assert gc.get_freeze_count() == 0
    garbage.engine.predictor = object()
    garbage.engine.changed.emit()
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    garbage.engine.changed.emit()
    assert gc.get_freeze_count() == frozen
