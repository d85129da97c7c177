"""Connects the transport bar, the marked stretch and the keys with whatever player there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from ser_live.audio.outputs import output_devices
from ser_live.ui.selection import Selection, Span
from ser_live.ui.utterance_steps import neighbour

if TYPE_CHECKING:
    from ser_live.audio.playback import Player
    from ser_live.ui.main_window import MainWindow

_EVERY_MS = 66


class Playing(QObject):
    """The player's controls.

    Args:
        window: its engine, transport bar, plots, presenter and settings are used.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._engine, self._settings = window.engine, window.settings
        self._presenter, self._plots = window.presenter, window.plots
        self._bar = window.view.transport
        self.selection = Selection(window.plots, window.theme)
        self._player: Player | None = None
        self._speed = 1.0
        self._names: list[str] = []
        self._listed = False
        self.looping = False
        bar = self._bar
        bar.play.clicked.connect(self._engine.toggle)
        bar.previous.clicked.connect(lambda: self.jump(-1))
        bar.next.clicked.connect(lambda: self.jump(1))
        bar.loop.clicked.connect(self.toggle_loop)
        bar.mute.clicked.connect(self.toggle_mute)
        bar.speed.connect(self.set_speed)
        bar.volume.connect(self.set_volume)
        bar.output.connect(self.set_output)
        self.selection.marked.connect(self._on_marked)
        self._engine.changed.connect(self._adopt)
        self._engine.inputs.changed.connect(self._list_outputs)
        window.view.status.cancel.clicked.connect(self._engine.stop_analysis)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._refresh)

    # -- what the user does

    def jump(self, direction: int) -> None:
        """To the next utterance (1) or the previous one (−1)."""
        presenter = self._presenter
        found = neighbour(presenter.timeline.utterances, presenter.moment, direction)
        if found is None:
            return
        following = self._plots.follow and self._player is not None
        presenter.pick(found.start)
        if not following:
            self._plots.go_to(found.start, found.end or found.start)
        presenter.moment = found.start  # for the next step, should the picture be late

    def toggle_loop(self) -> None:
        """Repeat the marked stretch or the utterance at the cursor; or go on after it."""
        player = self._player
        if player is None:
            return
        if self.looping:
            self._set_loop(None)
        else:
            span = self.selection.span or self._utterance(player.position)
            self.selection.show(span)
            self._set_loop(span)

    def _utterance(self, now: float) -> Span | None:
        utterance = self._presenter.timeline.at(now)
        if utterance is None or utterance.end is None:
            return None
        return utterance.start, utterance.end

    def clear(self) -> None:
        """Mark nothing and repeat nothing."""
        self.selection.show(None)
        self._set_loop(None)

    def _on_marked(self, span: Span | None) -> None:
        self._set_loop(span if self.looping else None)

    def _set_loop(self, span: Span | None) -> None:
        if self._player is not None and self._player.loop != span:
            self._player.set_loop(span)
        self.looping = span is not None
        self._bar.show_span(self.selection.span, self.looping)

    def set_speed(self, speed: float) -> None:
        """Play slower or faster; holds for files opened later too."""
        self._speed = speed
        if self._player is not None:
            self._player.set_speed(speed)
        self._bar.show_speed(speed)

    def set_volume(self, volume: int) -> None:
        """0 … 100; is remembered."""
        self._settings.volume = volume
        self._settings.muted = False
        self._apply_volume()

    def toggle_mute(self) -> None:
        """Hear nothing, or hear it again; is remembered."""
        self._settings.muted = not self._settings.muted
        self._apply_volume()

    def _apply_volume(self) -> None:
        volume, muted = self._settings.volume, self._settings.muted
        if self._player is not None:
            # The square: half way down sounds about half as loud.
            self._player.set_gain(0.0 if muted else (volume / 100) ** 2)
        self._bar.show_volume(volume, muted)

    def set_output(self, name: str) -> None:
        """Hear it through another output, empty for the system's; is remembered."""
        self._settings.output_name = name
        if self._player is not None:
            self._player.set_device(name or None)
        self._bar.set_outputs(self._names, name)

    # -- what the program does

    def _adopt(self) -> None:
        """Another player takes over what was chosen."""
        player = self._engine.player
        if player is self._player:
            self._refresh()
            return
        self._player = player
        self.selection.enabled = player is not None
        self.clear()
        self._bar.setVisible(player is not None)
        if player is None:
            self._timer.stop()
            return
        player.set_speed(self._speed)
        if name := self._settings.output_name:
            player.set_device(name)
        self._apply_volume()
        if not self._listed:
            self._list_outputs()
        self._refresh()
        self._timer.start(_EVERY_MS)

    def _refresh(self) -> None:
        player = self._player
        if player is not None:
            self._bar.show_playing(player.playing)
            self._bar.show_time(player.position, player.duration)

    def _list_outputs(self, *_: object) -> None:
        self._listed = True
        found: list[str] = []

        def show() -> None:
            self._names = found
            self._bar.set_outputs(found, self._settings.output_name)

        # Without PortAudio the list stays at the system's default; playing says why.
        self._engine.run_job(
            lambda: found.extend(d.name for d in output_devices()), show, lambda _: show()
        )
