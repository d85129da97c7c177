"""The timer's work: pulls what the threads have produced and hands it to the widgets."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ser_live.sessions.replay import Replay
from ser_live.ui.early import Early
from ser_live.ui.engine import Engine, State
from ser_live.ui.level_meter import FLOOR_DB, LevelMeter
from ser_live.ui.overview import Overview
from ser_live.ui.plots import Plots
from ser_live.ui.present_panel import PresentPanel
from ser_live.ui.smoothing import Smoother
from ser_live.ui.status_line import StatusLine, figures
from ser_live.ui.time_left import TimeLeft
from ser_live.ui.toolbar import Toolbar
from ser_live.ui.toolbar_state import idle_state, without_model
from ser_live.ui.utterance_table import UtteranceTable
from ser_live.ui.view_model import Kind, Present, TimelineView, Utterance
from ser_live.ui.waveform_view import WaveformView
from ser_live.ui.whole_waveform import waveform_of

if TYPE_CHECKING:
    from ser_live.pipeline import Session, Stats

_STATUS_SECONDS = 0.25
#: In the place of a spectrogram.
NO_SOUND = "No spectrogram: this session was saved without its sound"


class Presenter(QObject):
    """Connects the engine with the widgets, one refresh at a time."""

    def __init__(
        self,
        engine: Engine,
        toolbar: Toolbar,
        panel: PresentPanel,
        plots: Plots,
        table: UtteranceTable,
        status: StatusLine,
        overview: Overview,
    ) -> None:
        super().__init__()
        self._engine = engine
        self._toolbar, self._panel, self._plots = toolbar, panel, plots
        self._table, self._status, self._overview = table, status, overview
        self._session: Session | None = None
        self.timeline = TimelineView()
        self._waveform: WaveformView | None = None
        self.selected: int | None = None
        self._still = 0.0  # what is looked at in a session whose sound was not kept, s
        self._status_at = 0.0
        self._cost = 0.0
        self._drawn: object = None
        self._drew = False
        self.present = Present(Kind.MESSAGE, "", "")
        self.smoother = Smoother()
        self.moment = 0.0  # that it is the state of, s
        self._time_left = TimeLeft()
        plots.moved.connect(self.show_moved)
        self._frozen: Stats | None = None  # of the moment when the view was paused

    @property
    def cost_ms(self) -> float:
        """Running mean of what a picture costs, ms."""
        return 1e3 * (self._cost + self._plots.paint_seconds)

    def refresh(self) -> None:
        """Bring every widget up to date."""
        began = time.perf_counter()
        self._drew = False
        self._engine.poll()
        session = self._engine.session
        if session is not self._session and session is not None:
            self._begin(session)
        if session is None or self._session is None or self._waveform is None:
            self._show_idle()
            return
        stats = session.stats()
        if self._frozen is not None:  # what comes in is taken when the pause ends
            self._draw(self._frozen, False)
            self._show_levels(self._now(stats), stats)
            self._show_status_sometimes(began, session, stats)
            return
        grown = not isinstance(session, Early) and self.timeline.pull(session.timeline)
        now = self._now(stats)
        duration = self._duration(stats)
        self._plots.follow_to(now, duration, max(stats.time, duration or 0.0))
        if self._engine.is_file:
            self._plots.set_cursor(now)
        self._draw(stats, grown)
        self._table.show_rows(self.timeline.table)
        present = self.present = self.smoother.follow(self._present(now, stats), now)
        self.moment = now
        self._panel.show_present(present)
        if self._engine.is_file:
            self._table.show_heard(present.utterance)
        self._show_levels(now, stats)
        if self._show_status_sometimes(began, session, stats):
            cursor = now if self._engine.is_file else None
            frame = self._plots.visible_range
            total = max(stats.time, self._waveform.seconds)
            self._overview.show_session(self.timeline, self._waveform, total, frame, cursor)
        if self._drew:  # else the mean would be that of doing nothing
            self._cost += 0.1 * (time.perf_counter() - began - self._cost)

    def show_moved(self) -> None:
        """The view was moved by hand: draw what is visible without waiting for the timer."""
        session = self._session
        if session is not None and session is self._engine.session:
            self._draw(self._frozen or session.stats(), False)

    @property
    def paused(self) -> bool:
        """Whether the view stands still while listening goes on."""
        return self._frozen is not None

    def set_paused(self, on: bool) -> None:
        """Let the view stand still, or take it up again at the present moment."""
        session = self._session
        if on == self.paused or (on and (session is None or self._engine.session is not session)):
            return
        self._frozen = session.stats() if on and session is not None else None
        self._panel.show_paused(on)
        self._drawn = None
        if not on:
            self._plots.set_follow(True)

    def restyle(self) -> None:
        """The theme changed: draw everything anew."""
        self._drawn = None

    def show_selected(self, utterance: Utterance) -> None:
        """Mark an utterance and bring it into view; a file's cursor goes there."""
        self.selected = utterance.number
        self._still = utterance.end or utterance.start
        self._plots.go_to(utterance.start, utterance.end or utterance.start)
        self._engine.seek(utterance.start)

    def pick(self, time: float) -> None:
        """A time in the plots was clicked: seek a file, mark the utterance there."""
        self._engine.seek(time)
        self._still = time
        utterance = self.timeline.at(time)
        inside = utterance is not None and (utterance.end is None or time <= utterance.end)
        self.selected = utterance.number if utterance is not None and inside else None
        self._table.select_number(self.selected)

    def _begin(self, session: Session) -> None:
        self.set_paused(False)
        before, self._session = self._session, session
        self._drawn = None
        self._status_at = 0.0  # figures and overview come at once: later, the plots would jump
        if isinstance(before, Early) and before.successor is session:
            # The view stays where the user has moved it meanwhile.
            self._plots.take_spectrogram(getattr(session, "spectrogram", None))
            return
        self.timeline = TimelineView()
        self._waveform = waveform_of(session, self._engine.player)
        self.selected = None
        self._still = session.stats().time
        note = NO_SOUND if isinstance(session, Replay) and session.spectrogram is None else ""
        self._plots.reset(getattr(session, "spectrogram", None), note)
        self._table.clear()

    def _now(self, stats: Stats) -> float:
        player = self._engine.player
        if player is not None:
            return player.position
        return self._still if self._engine.is_file else stats.time

    def _analysed(self, stats: Stats) -> float:
        """Up to where everything is classified, s."""
        behind = stats.queued or getattr(self._session, "cut_short", False)
        return self.timeline.reached if behind else stats.time

    def _duration(self, stats: Stats) -> float | None:
        player = self._engine.player
        return None if player is None else player.duration or stats.time

    def _draw(self, stats: Stats, grown: bool) -> None:
        assert self._waveform is not None
        if not self._plots.isVisible():
            self._drawn = None
            return
        # A file that is analysed and stands still needs no drawing: leave the processor alone.
        # What grows is drawn when it has grown by a pixel.
        plots = self._plots
        pixel = plots.pixel
        strips = [plot.isVisible() for plot in plots.plots]
        grown_by = (stats.time // pixel, plots.spectrum_seconds // max(pixel, 0.2))
        version = self._waveform.version
        state = (plots.visible_range, plots.size(), strips, self.selected, grown_by, version)
        if not grown and state == self._drawn and plots.complete:
            return
        self._drawn = state
        self._drew = True
        open_end = self._analysed(stats) if self._engine.is_file else stats.time
        until = math.inf if self._frozen is None else self._frozen.time
        plots.show_view(self.timeline, self._waveform, open_end, self.selected, until)

    def _present(self, now: float, stats: Stats) -> Present:
        engine = self._engine
        if not engine.is_file:
            if engine.state is State.STOPPED:
                return Present(Kind.MESSAGE, "Stopped", "press Start to listen again")
            source = None if engine.session is None else engine.session.source
            if getattr(source, "unplugged", ""):
                return Present(Kind.MESSAGE, "Unplugged", "goes on when it is back")
            if getattr(source, "stalled", False):
                return Present(Kind.MESSAGE, "No sound", "the device stopped delivering")
            return self.timeline.present(now)
        player = engine.player
        if isinstance(engine.session, Early):
            return without_model(engine)
        if now > self._analysed(stats) + 0.5 and engine.session is not None:
            if engine.session.running:
                return Present(Kind.MESSAGE, "Analysing…", "the analysis catches up")
            if engine.analysis_stopped:
                return Present(Kind.MESSAGE, "Not analysed", "stopped before this")
        if player is None:  # no sound was kept: what was clicked
            return self.timeline.present(now, "Session")
        silence = "Playing…" if player.playing else "Paused"
        if player.finished:
            silence = "Finished"
        return self.timeline.present(now, silence)

    def _show_levels(self, now: float, stats: Stats) -> None:
        meter: LevelMeter = self._toolbar.meter
        engine = self._engine
        player = engine.player
        if player is None:
            live = engine.capturing
            if live:
                meter.set_level(stats.peak_db, stats.rms_db, stats.noise_db, stats.clipped_at)
            else:
                meter.set_level(FLOOR_DB, FLOOR_DB)
            self._toolbar.show_speech(stats.speaking if live else None)
            return
        assert self._waveform is not None
        utterance = self.timeline.at(now)
        inside = utterance is not None and (utterance.end is None or now <= utterance.end)
        self._toolbar.show_speech(inside if player.playing else None)
        peak = self._waveform.peak_around(now) if player.playing else 0.0
        peak_db = 20 * math.log10(max(peak, 1e-5))
        # The store knows extremes only: for a file the bar and the tick are both the peak.
        meter.set_level(peak_db, peak_db)

    def _show_status_sometimes(self, now: float, session: Session, stats: Stats) -> bool:
        """Figures that change 30 times a second cannot be read; tell whether they were shown."""
        if now - self._status_at <= _STATUS_SECONDS:
            return False
        self._status_at = now
        self._show_status(session, stats)
        return True

    def _show_status(self, session: Session, stats: Stats) -> None:
        if isinstance(session, Early):
            self._status.show_waiting(self.cost_ms)
            return
        source = session.source
        predictor = None if isinstance(session, Replay) else self._engine.predictor
        backend = "" if predictor is None else predictor.backend
        self._status.figures.setText(figures(source, stats, self.cost_ms, backend))
        self._status.show_warnings(source.warnings)
        player = self._engine.player
        share = None
        if player is not None and session.running and player.duration:
            share = self._analysed(stats) / player.duration
        self._status.show_progress(share, self._time_left.text(share, time.monotonic()))

    def _show_idle(self) -> None:
        self.present = idle_state(self._engine)
        self._panel.show_present(self.present)
        self._toolbar.show_speech(None)
        self._toolbar.meter.set_level(FLOOR_DB, FLOOR_DB)
