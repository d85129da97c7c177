"""The waveform of a whole file, also where the analysis has not been yet; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_live.ui.waveform_view import WaveformView

if TYPE_CHECKING:
    from ser_live.audio.file_peaks import FilePeaks
    from ser_live.audio.playback import Player
    from ser_live.pipeline import Session
    from ser_live.sessions.replay import Replay


class WholeWaveform(WaveformView):
    """Reads a file's peaks, which become exact while they are looked at.

    Args:
        peaks: of the file.
    """

    def __init__(self, peaks: FilePeaks) -> None:
        super().__init__(peaks)
        self._peaks = peaks
        self._taken = -1

    @property
    def version(self) -> int:
        """Changes when what was drawn already has changed."""
        return self._peaks.version

    @property
    def seconds(self) -> float:
        """Length of the file."""
        return self._peaks.seconds

    def _update(self) -> None:
        version = self._peaks.version
        if version != self._taken:
            self._taken = version
            self._low, self._high = self._peaks.get_coarse(0, len(self._peaks))
            self._count = len(self._low)


def waveform_of(session: Session | Replay, player: Player | None) -> WaveformView:
    """A file's own waveform; what was heard so far where there is none."""
    if player is not None and player.waveform is not None:
        return WholeWaveform(player.waveform)
    return WaveformView(session.waveform)
