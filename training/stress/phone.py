"""A bad telephone: compressor, narrow-band codec, hiss.

The order is the published one: peak-normalised at 8 kHz, compressed, coded with AMR narrow-band at
7.4 kbit/s, back to the clip's rate, peak-normalised, pink noise (RMS −25 dB of full scale, then
high-passed at 3 kHz, order 2) added, level of the clip restored.

The suite's compressor has the ratio 0.8; taken as the slope above the threshold (0.8 dB out for
1 dB in), which other compressors call 1.25 : 1.
"""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import soxr
from scipy import fft, signal

from training.stress.perturb import db, rms

THRESHOLD_DB, RATIO, ATTACK_MS, RELEASE_MS = -20.0, 1 / 0.8, 10, 20
HISS_DB, HISS_CORNER = -25.0, 3_000.0
_RATE = 8_000  # Hz, narrow band
#: Codecs by preference: encoder of FFmpeg, container, bit/s, what to call it.
CODECS = (
    ("libopencore_amrnb", "amr", 7_400, "AMR-NB 7.4 kbit/s"),
    ("libgsm", "gsm", 13_000, "GSM full rate 13 kbit/s instead of AMR-NB"),
    ("g723_1", "wav", 6_300, "G.723.1 6.3 kbit/s instead of AMR-NB"),
)


def available_codec() -> tuple[str, str, int, str] | None:
    """The first of :data:`CODECS` whose encoder this FFmpeg has, or ``None``."""
    for codec in CODECS:
        try:
            av.codec.Codec(codec[0], "w")
        except (av.FFmpegError, ValueError):
            continue
        return codec
    return None


def _frame(samples: np.ndarray, kind: str) -> av.AudioFrame:
    if kind == "s16":
        samples = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples)[None], format=kind, layout="mono"
    )
    frame.sample_rate = _RATE
    frame.pts = 0
    return frame


def compress(samples: np.ndarray) -> np.ndarray:
    """FFmpeg's ``acompressor`` on (n,) float32 at 8 kHz."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=_RATE, format="flt", layout="mono")
    settings = f"threshold={db(THRESHOLD_DB)}:ratio={RATIO}:attack={ATTACK_MS}"
    effect = graph.add("acompressor", f"{settings}:release={RELEASE_MS}:knee=1")
    # acompressor works in double precision; back to what went in.
    to_float = graph.add("aformat", "sample_fmts=flt")
    sink = graph.add("abuffersink")
    for first, second in ((source, effect), (effect, to_float), (to_float, sink)):
        first.link_to(second)
    graph.configure()
    source.push(_frame(samples.astype(np.float32), "flt"))
    source.push(None)
    parts = []
    while True:
        try:
            frame = sink.pull()
        except (av.EOFError, av.BlockingIOError):
            break
        if isinstance(frame, av.AudioFrame):
            parts.append(frame.to_ndarray().reshape(-1))
    return np.concatenate(parts).astype(np.float32)


def code(samples: np.ndarray, codec: tuple[str, str, int, str]) -> np.ndarray:
    """Encode and decode (n,) float32 at 8 kHz; as many samples come back.

    The codec's delay (5 ms for AMR-NB) stays in, as in a call.
    """
    name, container, bit_rate, _ = codec
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(name, rate=_RATE, layout="mono")
        stream.bit_rate = bit_rate
        for packet in [*stream.encode(_frame(samples, "s16")), *stream.encode(None)]:
            output.mux(packet)
    file.seek(0)
    with av.open(file, "r") as coded:
        decoded = [(f.format.name, f.to_ndarray()) for f in coded.decode(audio=0)]
    parts = [a.reshape(-1) / (32768 if kind.startswith("s16") else 1) for kind, a in decoded]
    heard = np.concatenate(parts)[: len(samples)].astype(np.float32)
    return np.pad(heard, (0, len(samples) - len(heard)))


def pink_noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) noise whose power falls as 1/f, RMS 1."""
    spectrum = fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = fft.irfft(spectrum, count)
    return noise / max(rms(noise), 1e-12)


def _peak(samples: np.ndarray) -> np.ndarray:
    return samples / max(float(np.abs(samples).max(initial=0.0)), 1e-9)


def phone(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """What is left of (n,) float32 at ``rate`` Hz after a low-quality phone; see the module.

    Raises:
        RuntimeError: FFmpeg has no narrow-band encoder.
    """
    codec = available_codec()
    if codec is None:
        raise RuntimeError("FFmpeg has no narrow-band speech encoder")
    narrow = compress(_peak(soxr.resample(samples, rate, _RATE)).astype(np.float32))
    wide = _peak(soxr.resample(code(narrow, codec), _RATE, rate)[: len(samples)])
    wide = np.pad(wide, (0, len(samples) - len(wide)))
    b, a = signal.butter(2, HISS_CORNER, "highpass", fs=rate)
    hiss = signal.lfilter(b, a, pink_noise(len(samples), rng) * db(HISS_DB))
    heard = wide + hiss
    return (heard * (rms(samples) / max(rms(heard), 1e-12))).astype(np.float32)
