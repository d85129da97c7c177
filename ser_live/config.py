"""Configuration: frozen dataclasses, saved inside every checkpoint.

Times are seconds, rates Hz, levels dB, unless a name says otherwise.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ser_live.errors import ConfigError


@dataclass(frozen=True)
class AudioConfig:
    """The signal that windows are cut from."""

    sample_rate: int = 22_050
    window_seconds: float = 3.0

    @property
    def window_samples(self) -> int:
        """Samples in a full window (66,150 at the default rate)."""
        return round(self.sample_rate * self.window_seconds)


@dataclass(frozen=True)
class FeatureConfig:
    """Front end: mel bands, MFCC, RMS and zero-crossing rate, stacked to 170 rows.

    ``n_fft`` is longer than the 25 ms window because 128 mel bands would otherwise have empty
    filters.  ``fmax`` is 8 kHz because one corpus holds nothing above.  That corpus can still be
    told by its bands above 7 kHz, where its recordings' filter begins (see the README).
    """

    win_length: int = 551  # 25 ms
    hop_length: int = 441  # 20 ms
    n_fft: int = 2_048
    n_mels: int = 128
    n_mfcc: int = 40
    fmin: float = 0.0
    fmax: float = 8_000.0
    floor_power: float = 1e-5  # power under which a mel band counts as silent: -50 dB
    # Samples of the scaled window this close to zero make no zero crossing: librosa's value.
    zero_threshold: float = 1e-10
    speech_level_db: float = -26.0  # active speech level every window is scaled to, dBFS
    max_gain_db: float = 60.0  # digital silence is not amplified without bound

    @property
    def n_features(self) -> int:
        """Rows of the feature matrix (170)."""
        return self.n_mels + self.n_mfcc + 2


@dataclass(frozen=True)
class VadConfig:
    """Voice activity: webrtcvad proposes, silero-vad confirms."""

    sample_rate: int = 16_000
    frame_seconds: float = 0.030
    webrtc_mode: int = 2
    # Gain control in front of the detectors: it follows past audio only.
    target_level_db: float = -20.0
    max_gain_db: float = 40.0
    gain_release_db_per_second: float = 6.0
    # silero-vad's speech probability that opens an utterance, and the lower one that keeps it open.
    open_probability: float = 0.5
    keep_probability: float = 0.25


@dataclass(frozen=True)
class SegmenterConfig:
    """How speech frames become utterances, and utterances windows."""

    open_frames: int = 8  # voiced frames (webrtcvad) needed ...
    open_of_frames: int = 10  # ... among so many
    confirm_frames: int = 3  # frames among the same that silero-vad must confirm
    pre_roll: float = 0.20
    post_roll: float = 0.20
    hangover: float = 0.60  # silence that ends an utterance
    min_utterance_speech: float = 0.25
    max_utterance: float = 15.0
    split_search: float = 3.0  # an endless utterance closes at its quietest frame in its last ... s
    provisional_hop: float = 0.25
    first_provisional_speech: float = 0.75
    final_hop: float = 1.5  # long utterances: windows every so often, the last anchored to the end


@dataclass(frozen=True)
class StreamConfig:
    """Buffers and queues of the live path."""

    block_seconds: float = 0.020  # resampling and analysis step
    capture_buffer_seconds: float = 10.0
    history_seconds: float = 30.0
    max_queued_windows: int = 16
    device_silent_after: float = 1.0  # no callback for so long: the device is gone


@dataclass(frozen=True)
class ModelConfig:
    """Dimensions and variants of the CNN-BiLSTM.

    Attributes:
        n_classes: 14 joint classes, or 7 emotions alone (gender is then left open).
        two_heads: emotion and gender from a dense layer each, instead of 14 joint classes.
        batch_norm: normalise in the convolution blocks.
        rms_zcr: look at the RMS and zero-crossing rows too.
        mean_normalisation: take from each mel band and MFCC its mean over the window's own
            frames, weighted by their RMS, and with it what a linear microphone adds (after
            cepstral mean normalisation; Atal 1974, doi:10.1121/1.1914702).
    """

    architecture: str = "model_a"
    n_blocks: int = 4
    channels: int = 128
    time_pools: int = 2  # of the blocks, how many also halve time
    lstm_units: int = 256
    dropout: float = 0.3
    n_classes: int = 14
    two_heads: bool = False
    batch_norm: bool = True
    rms_zcr: bool = True
    mean_normalisation: bool = False


@dataclass(frozen=True)
class DecisionConfig:
    """How probabilities become a statement."""

    temperature: float = 1.0
    min_confidence: float = 0.40  # a top emotion below this is shown as "not sure"
    min_speech: float = 0.50  # s of speech in a window below which there is little evidence


@dataclass(frozen=True)
class Config:
    """Everything that must travel with a checkpoint."""

    audio: AudioConfig = field(default_factory=AudioConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    vad: VadConfig = field(default_factory=VadConfig)
    segmenter: SegmenterConfig = field(default_factory=SegmenterConfig)
    stream: StreamConfig = field(default_factory=StreamConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    decision: DecisionConfig = field(default_factory=DecisionConfig)

    @property
    def frames_per_window(self) -> int:
        """Feature frames of a full window (151 at 20 ms hop, 301 at 10 ms)."""
        return 1 + self.audio.window_samples // self.features.hop_length

    def to_json(self) -> str:
        """The configuration as a JSON object of objects."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Config:
        """Read what :meth:`to_json` wrote.

        Raises:
            ConfigError: not JSON, an unknown field, or a value of the wrong type; the message
                names the field.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"config: not valid JSON ({error})") from error
        return from_mapping(cls, data, "config")


T = TypeVar("T")


def from_mapping(cls: type[T], data: Any, where: str) -> T:
    """Build a (nested) config dataclass from plain values.

    Missing fields take their defaults, so older files stay readable; unknown fields and wrong
    types are errors, so a typing slip is never silently ignored.

    Raises:
        ConfigError: naming ``where`` and the field.
    """
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: expected an object, found {type(data).__name__}")
    hints = typing.get_type_hints(cls)
    known = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            raise ConfigError(f"{where}.{name}: unknown field")
        kind = hints[name]
        if dataclasses.is_dataclass(kind):
            values[name] = from_mapping(typing.cast(type, kind), value, f"{where}.{name}")
        elif typing.get_origin(kind) is tuple:
            values[name] = _numbers(typing.get_args(kind), value, f"{where}.{name}")
        elif kind is float and isinstance(value, int) and not isinstance(value, bool):
            values[name] = float(value)
        elif typing.get_origin(kind) is None and type(value) is not kind:
            raise ConfigError(
                f"{where}.{name}: expected {kind.__name__}, found {type(value).__name__}"
            )
        else:
            values[name] = value
    return cls(**values)


def _numbers(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[float, ...]:
    """A list of numbers, of any length (``...``) or of one for each kind, as a tuple."""
    kind, any_length = kinds[0], kinds[-1] is ...
    fitting = (int,) if kind is int else (int, float)
    if not isinstance(value, list | tuple) or any(type(v) not in fitting for v in value):
        raise ConfigError(f"{where}: expected a list of {kind.__name__}s, found {value!r}")
    if not any_length and len(value) != len(kinds):
        raise ConfigError(f"{where}: expected {len(kinds)} numbers, found {len(value)}")
    return tuple(kind(v) for v in value)
