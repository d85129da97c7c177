"""Python's cyclic garbage is collected by the UI thread, between two of Qt's events.

By itself the collector runs in whatever thread allocates next, wherever that is.  An object of Qt
that it then destroys is destroyed in a thread that is not its own, or inside a call of Qt that
holds a lock which the destructor wants too: the program hangs.
"""

from __future__ import annotations

import gc

from pyqtgraph.util.garbage_collector import GarbageCollector

from ser_live.ui.engine_state import EngineState

_INTERVAL = 0.25  # s


class UiThreadGarbage:
    """As long as it is not stopped, nobody else collects.  Make it in the UI thread.

    Args:
        engine: of the window.
    """

    def __init__(self, engine: EngineState) -> None:
        self._collector = GarbageCollector(interval=_INTERVAL)
        self._engine = engine
        self._frozen = False
        engine.changed.connect(self._on_changed)

    def _on_changed(self) -> None:
        """Once the model is there, never look at what exists by then again.

        torch's objects stay anyway, and there are so many that a full collection would be felt.
        """
        if not self._frozen and self._engine.predictor is not None:
            self._frozen = True
            gc.freeze()

    def stop(self) -> None:
        """Python collects by itself again."""
        self._engine.changed.disconnect(self._on_changed)
        self._collector.timer.stop()
        gc.unfreeze()
        gc.enable()
