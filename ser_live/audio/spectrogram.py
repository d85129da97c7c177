"""A log-mel spectrogram small enough to keep for hours: for the eye, not for the model."""

from __future__ import annotations

import threading

import numpy as np

BANDS = 64
LOWEST_HZ, HIGHEST_HZ = 50.0, 8000.0
FLOOR_DB = -80.0
FRAMES_PER_SECOND = 25
_WINDOW_SECONDS = 0.064
_CHUNK = 1500  # frames, a minute
_BATCH = 256  # frames computed at once: bounds the memory that a long block takes


def mel(hertz: float | np.ndarray) -> np.ndarray:
    """Mel of a frequency, O'Shaughnessy's formula: 2595 · log10(1 + f / 700)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def band_of(hertz: float) -> float:
    """Where a frequency lies on the scale of the bands: ``k + 0.5`` is the middle of band k."""
    low, high = mel(LOWEST_HZ), mel(HIGHEST_HZ)
    return float((mel(hertz) - low) / (high - low) * (BANDS + 1) - 0.5)


def filter_bank(sample_rate: int, n_fft: int) -> np.ndarray:
    """Triangular filters of peak 1, each from its neighbours' middles, (64, n_fft / 2 + 1).

    Above half the sample rate they are empty.
    """
    points = np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), BANDS + 2)
    bins = mel(np.arange(n_fft // 2 + 1) * sample_rate / n_fft)
    rising = (bins - points[:-2, None]) / (points[1:-1] - points[:-2])[:, None]
    falling = (points[2:, None] - bins) / (points[2:] - points[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


class Spectrogram:
    """Level of 64 mel bands, 25 times a second, of a growing stream; one writer, any readers.

    One byte a value: 0 is −80 dBFS or less, 255 is 0 dBFS, where a sine of full scale stands in
    the band that it is in the middle of.  Frame k is centred at (k + 0.5) / 25 s.  Four hours take
    23 MB.

    Args:
        sample_rate: of the stream, Hz.
    """

    frames_per_second = FRAMES_PER_SECOND

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._length = max(2, round(_WINDOW_SECONDS * sample_rate))
        self._n_fft = 1 << (self._length - 1).bit_length()
        self._window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self._length) / self._length)
        # Of a sine of full scale, the powers of all bins add up to 1 (Parseval).
        power = 4.0 / (self._n_fft * float(np.sum(self._window**2)))
        self._window = (self._window * np.sqrt(power)).astype(np.float32)
        self._bank = filter_bank(sample_rate, self._n_fft).T.copy()
        self._chunks: list[np.ndarray] = []
        self._count = 0
        # The first frame begins before the stream does.
        self._begin = self._start_of(0)  # number of the first pending sample
        self._pending = np.zeros(max(0, -self._begin), np.float32)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Memory of the frames, bytes."""
        return sum(chunk.nbytes for chunk in self._chunks)

    def _start_of(self, frame: int) -> int:
        """Number of the sample that a frame begins with: exact for any rate."""
        middle = (2 * frame + 1) * self._rate // (2 * FRAMES_PER_SECOND)
        return middle - self._length // 2

    def push(self, samples: np.ndarray) -> None:
        """Append (n,) samples, float, full scale ±1."""
        data = np.concatenate([self._pending, samples.astype(np.float32, copy=False)])
        reached = self._begin + len(data)
        while True:
            starts: list[int] = []
            while len(starts) < _BATCH:
                at = self._start_of(self._count + len(starts))
                if at + self._length > reached:
                    break
                starts.append(at - self._begin)
            if not starts:
                break
            index = np.array(starts)[:, None] + np.arange(self._length)
            self._append(self._levels(data[index]))
        keep = min(len(data), max(0, self._start_of(self._count) - self._begin))
        self._pending = data[keep:].copy()
        self._begin += keep

    def _levels(self, frames: np.ndarray) -> np.ndarray:
        """(n, length) samples → (n, 64) bytes."""
        spectrum = np.fft.rfft(frames * self._window, self._n_fft)
        power = (np.square(spectrum.real) + np.square(spectrum.imag)).astype(np.float32)
        decibel = 10.0 * np.log10(np.maximum(power @ self._bank, 1e-12))
        level = np.clip((decibel - FLOOR_DB) / -FLOOR_DB, 0.0, 1.0)
        return np.round(255.0 * level).astype(np.uint8)

    def _append(self, rows: np.ndarray) -> None:
        with self._lock:
            while len(rows):
                at = self._count % _CHUNK
                if at == 0:
                    self._chunks.append(np.zeros((_CHUNK, BANDS), np.uint8))
                part = rows[: _CHUNK - at]
                self._chunks[-1][at : at + len(part)] = part
                self._count += len(part)
                rows = rows[len(part) :]

    def get(self, start: int, stop: int, step: int = 1) -> np.ndarray:
        """Copies of every ``step``-th frame of ``start … stop``, (n, 64) uint8; what is there."""
        with self._lock:
            start, stop = max(0, start), min(stop, self._count)
            parts = []
            for number in range(start // _CHUNK, -(-stop // _CHUNK)):
                first = number * _CHUNK
                begin = max(start, first)
                begin += (start - begin) % step  # so that the steps go on across chunks
                parts.append(self._chunks[number][begin - first : stop - first : step])
            if start >= stop:
                return np.zeros((0, BANDS), np.uint8)
            return np.concatenate(parts)
