"""All perturbations in one list: group, parameters, pass criteria."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ser_live.errors import SerLiveError
from training.stress import perturb, phone, rooms, sources
from training.stress.perturb import Change

#: Group → title, in the order of the tables.
GROUPS = {
    "correctness": "correctness",
    "fairness": "fairness, sex",
    "small": "small changes",
    "noise": "background noise",
    "phone": "low-quality phone",
    "room": "simulated position, room",
    "tilt": "spectral tilt",
    "curves": "robustness curves",
}
#: Share of tests passed that the suite publishes, group → model → per cent.
PUBLISHED: dict[str, dict[str, float]] = {
    "noise": {"CNN14": 57, "wav2vec2-large-robust": 40, "HuBERT-large": 42, "random guesser": 50},
    "small": {"CNN14": 74, "wav2vec2-large-robust": 72, "HuBERT-large": 78, "random guesser": 0},
    "tilt": {"CNN14": 65, "wav2vec2-large-robust": 80, "HuBERT-large": 95, "random guesser": 40},
}
#: The best model listed, over all of the suite's tests, per cent.
PUBLISHED_BEST = ("HuBERT-large", 79.5)

UAR_DROP, UNCHANGED = "UAR drop", "unchanged"
SNRS = (20.0, 10.0, 5.0, 0.0)
LEVELS = (-20.0, -10.0, 10.0, 20.0)


@dataclass(frozen=True)
class Perturbation:
    """One change to the input, and what it must leave alone.

    Attributes:
        name: unique.
        group: key of :data:`GROUPS`.
        parameters: as text, for the tables.
        change: the function; ``None`` where it cannot be run.
        limits: criterion → limit: ``UAR drop`` at most, ``unchanged`` (share) at least.
        moves_start: it adds or removes samples at the start.
        reference: the perturbation it is compared with; empty: the clean clip.
        missing: why it cannot be run.
        curve: name of its curve and its place on the x axis (dB).
    """

    name: str
    group: str
    parameters: str
    change: Change | None
    limits: dict[str, float]
    moves_start: bool = False
    reference: str = ""
    missing: str = ""
    curve: tuple[str, float] | None = None


def registry(root: Path, tuning: bool = False) -> list[Perturbation]:
    """Every perturbation; those whose recordings or library are not there say so.

    Args:
        root: folder with the corpora (ESC-50, LibriSpeech).
        tuning: to choose a recipe by: ESC-50's fold 4 in place of fold 5, and no babble, whose
            voices are kept for the tests.
    """
    fold = sources.TUNING_FOLD if tuning else sources.FOLD
    every = _small() + _noise(root, fold) + _phone() + _rooms() + _tilt() + _curves(root, fold)
    if not tuning:
        return every
    kept = "its voices are kept for the tests"
    return [replace(p, change=None, missing=kept) if p.name == "babble" else p for p in every]


def _small() -> list[Perturbation]:
    counts, limits = (100, 500, 1000), {UNCHANGED: 0.95}
    text = "100, 500 or 1,000 samples at 16 kHz"
    rows: list[tuple[str, str, Change]] = [
        (
            "additive tone",
            "5–7 kHz, peak SNR 40, 45 or 50 dB",
            perturb.tone(5e3, 7e3, (40, 45, 50)),
        ),
        ("append zeros", text, perturb.append_zeros(counts)),
        ("prepend zeros", text, perturb.prepend_zeros(counts)),
        ("crop start", text, perturb.crop_start(counts)),
        ("crop end", text, perturb.crop_end(counts)),
        ("clip", "0.1, 0.2 or 0.3 % of samples", perturb.clip_share((0.001, 0.002, 0.003))),
        ("gain", "−2, −1, 1 or 2 dB", perturb.gain((-2, -1, 1, 2))),
        (
            "high-pass",
            "50, 100 or 150 Hz, order 1",
            perturb.first_order("highpass", (50, 100, 150)),
        ),
        (
            "low-pass",
            "6.5, 7 or 7.5 kHz, order 1",
            perturb.first_order("lowpass", (6500, 7000, 7500)),
        ),
        ("faint white noise", "SNR 35, 40 or 45 dB", perturb.white_noise((35, 40, 45))),
    ]
    return [
        Perturbation(n, "small", p, c, limits, moves_start=n in ("prepend zeros", "crop start"))
        for n, p, c in rows
    ]


def _recorded(root: Path, kind: str, snr_db: float, fold: int) -> tuple[Change | None, str]:
    try:
        paths = sources.esc50(root, kind, (fold,))
    except SerLiveError as error:  # half a download: the other groups need nothing of it
        return None, str(error)
    if not paths:
        return None, "ESC-50 is not there"
    if kind == "environment":
        return sources.Recorded(paths, snr_db), ""
    return sources.Event(paths, snr_db), ""


def _noise(root: Path, fold: int) -> list[Perturbation]:
    limits = {UAR_DROP: 0.05, UNCHANGED: 0.90}
    speakers = sources.librispeech(root)
    babble: tuple[Change | None, str] = (None, "LibriSpeech is not there")
    if len(speakers) >= sources.BABBLE_SPEAKERS[1]:
        babble = (sources.Babble(speakers, 20), "")
    pieces, source = sources.music(root)
    music: tuple[Change | None, str] = (None, "no music: MUSAN's, or a folder music, is not there")
    if pieces:
        music = (sources.Music(pieces, 20), "")
    esc = f"ESC-50 fold {fold}"
    rows: list[tuple[str, str, tuple[Change | None, str]]] = [
        ("white noise", "SNR 20 dB", (perturb.white_noise((20,)), "")),
        ("environmental noise", f"{esc}, SNR 20 dB", _recorded(root, "environment", 20, fold)),
        ("music", f"{source}, SNR 20 dB" if source else "SNR 20 dB", music),
        ("babble", "4–7 LibriSpeech speakers, SNR 20 dB", babble),
        ("cough", f"{esc}, one, SNR 10 dB", _recorded(root, sources.COUGH, 10, fold)),
        ("sneeze", f"{esc}, one, SNR 10 dB", _recorded(root, sources.SNEEZE, 10, fold)),
    ]
    return [Perturbation(n, "noise", p, c[0], limits, missing=c[1]) for n, p, c in rows]


def _phone() -> list[Perturbation]:
    codec = phone.available_codec()
    text = f"compressor, {codec[3]}, hiss" if codec else "compressor, narrow-band codec, hiss"
    limits = {UAR_DROP: 0.05, UNCHANGED: 0.5}
    missing = "" if codec else "FFmpeg has no narrow-band encoder"
    change = phone.phone if codec else None
    return [Perturbation("low-quality phone", "phone", text, change, limits, missing=missing)]


def _rooms() -> list[Perturbation]:
    there = rooms.available()
    missing = "" if there else "pyroomacoustics is not installed"
    limits = {UNCHANGED: 0.8}
    rows: list[tuple[str, str, Change, str]] = [
        ("reference position", rooms.REFERENCE_POSITION, rooms.Position(True), ""),
        (
            "position",
            "1, 2 or 3 m; left, centre, right",
            rooms.Position(False),
            "reference position",
        ),
        ("reference room", rooms.REFERENCE_ROOM, rooms.Room(True), ""),
        ("room", "meeting, office or lecture room", rooms.Room(False), "reference room"),
    ]
    return [
        Perturbation(
            name,
            "room",
            f"image method, {text}",
            change if there else None,
            limits if reference else {},
            reference=reference,
            missing=missing,
        )
        for name, text, change, reference in rows
    ]


def _tilt() -> list[Perturbation]:
    limits = {UAR_DROP: 0.02, UNCHANGED: 0.8}
    text = f"linear, {perturb.TILT_DB:g} dB from 0 to 8 kHz, level kept"
    return [
        Perturbation(f"{name} tilt", "tilt", text, perturb.tilt(direction), limits)
        for name, direction in (("upward", 1), ("downward", -1))
    ]


def _curves(root: Path, fold: int) -> list[Perturbation]:
    out = []
    for snr in SNRS:
        noise, missing = _recorded(root, "environment", snr, fold)
        out += [
            Perturbation(
                f"{kind}, {snr:g} dB", "curves", f"SNR {snr:g} dB", change, {}, missing=why,
                curve=(kind, snr),
            )
            for kind, change, why in (
                ("white noise", perturb.white_noise((snr,)), ""),
                ("environmental noise", noise, missing),
            )
        ]  # fmt: skip
    return out + [
        Perturbation(
            f"level {level:+g} dB", "curves", "clipped at full scale, 16 bits",
            perturb.gain((level,), full_scale=True), {}, curve=("level", level),
        )
        for level in LEVELS
    ]  # fmt: skip
