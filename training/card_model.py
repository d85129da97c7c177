"""Input and architecture of a model in words, for its card."""

from __future__ import annotations

from ser_live.config import Config
from ser_live.labels import EMOTIONS, GENDERS


def _milliseconds(samples: int, rate: int) -> str:
    return f"{round(1000 * samples / rate, 1):g} ms"


def input_text(config: Config) -> str:
    """What the model is given, as a sentence."""
    audio, features, model = config.audio, config.features, config.model
    lowest = f"from {features.fmin:g} Hz " if features.fmin else ""
    bands = f"{features.n_mels} mel bands (dB, {lowest}to {features.fmax / 1000:g} kHz)"
    rows, parts = features.n_features, f"{bands}, {features.n_mfcc} MFCC"
    if model.rms_zcr:
        parts += ", RMS and zero-crossing rate"
    else:  # cached, but not looked at
        rows -= 2
    window = _milliseconds(features.win_length, audio.sample_rate)
    hop = _milliseconds(features.hop_length, audio.sample_rate)
    centred = ", mel bands and MFCC less their mean over the window"
    return (
        f"Mono at {audio.sample_rate:,} Hz, up to {audio.window_seconds:.1f} s, scaled to one "
        f"speech level, padded symmetrically; {parts} at {window} window and {hop} hop: {rows} × "
        f"{config.frames_per_window}{centred if model.mean_normalisation else ''}."
    )


def architecture_text(config: Config) -> str:
    """Layers and outputs, in one or two sentences."""
    model = config.model
    norm = "batch norm → " if model.batch_norm else ""
    time = f"time is halved in the first {model.time_pools}"
    if not model.time_pools:
        time = "time is not halved"
    elif model.time_pools >= model.n_blocks:
        time = "time is halved in each"
    dropout = f"dropout {model.dropout:g}" if model.dropout else "no dropout"
    text = (
        f"{model.n_blocks} × [3×3 convolution, {model.channels} filters → {norm}ReLU → max-pool; "
        f"{time}], {dropout}, bidirectional LSTM of {model.lstm_units} units, masked mean over time"
    )
    if model.two_heads:
        return (
            f"{text}, dense layers of {len(EMOTIONS)} and {len(GENDERS)}. The joint probabilities "
            "are products of emotion's and gender's."
        )
    text += f", dense layer of {model.n_classes}. "
    if model.n_classes == len(EMOTIONS):
        return f"{text}Gender is left open: both are always as likely."
    return f"{text}Emotion and gender probabilities are sums of the joint ones."
