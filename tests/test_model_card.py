"""What a model card says of a checkpoint's training, figures and architecture."""

from pathlib import Path

import pytest

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.labels import EMOTIONS
from training.card_model import architecture_text, input_text
from training.model_card import model_card
from training.nested import plain
from training.recipe import Recipe


def row(emotions=EMOTIONS):
    keys = ("uar", "chance", "accuracy", "macro_f1", "gender_accuracy", "ece")
    return dict.fromkeys(keys, 0.5) | {"clips": 7, "recall": dict.fromkeys(emotions, 0.5)}


def facts(tested, **more):
    """Of a checkpoint of one fold: corpus → its test speakers."""
    figures = {name: row(EMOTIONS[:6] if name == "CREMA-D" else EMOTIONS) for name in tested}
    people = [f"{name}-{n}" for name, count in tested.items() for n in range(count)]
    return {
        "recipe": plain(Recipe(fold=2)),
        "epochs": 12,
        "speakers": {"train": ["TESS-9", "CREMA-D-9"], "validation": ["A-B-9"], "test": people},
        "figures": {"temperature": 1.1, "test": figures, "test_before_temperature": figures},
    } | more


def card(training, config=None):
    return " ".join(model_card(training, config or Config(), Path("a.safetensors")).split())


def test_the_card_of_a_fold_names_corpora_of_one_or_two_speakers():
    text = card(facts({"CREMA-D": 16, "RAVDESS": 4, "SAVEE": 2, "TESS": 1}))
    assert "Fold 2 of a split by speaker. Speakers, not clips, were divided" in text
    assert "say little about others: TESS (one), SAVEE (two)." in text
    assert "over all seven emotions; CREMA-D holds no surprise." in text
    assert "12 epochs on 2 speakers; the figures below are those of 23 others" in text
    assert "those of one other, whom" in card(facts({"TESS": 1}))
    assert "woman" not in text and "of five" not in text
    assert "others:" not in card(facts({"CREMA-D": 16, "RAVDESS": 4}))
    # Whoever wrote the sentence about how this compares with other models did not know.
    assert "not yet as good" not in text


def test_lines_of_a_card_are_short():
    text = model_card(facts({"CREMA-D": 16}), Config(), Path("a.safetensors"))
    lines = [line for line in text.splitlines() if not line.startswith("|")]
    assert max(map(len, lines)) <= 100
    assert "\n  other languages" in text  # an item of a list goes on below its first word


def test_the_card_of_a_later_stage_does_not_claim_that_its_speakers_were_new():
    first = facts({"CREMA-D": 16})
    start = {"epochs": 3, "recipe": plain(Recipe(epochs=3))}
    later = facts({"CREMA-D": 16}, start=start)
    assert "looked at once." in card(first)
    assert "looked at once." not in card(later)
    assert "may have been tested on them before" in card(later)


def test_a_corpus_is_told_by_the_longest_name_that_fits():
    training = facts({"A": 1, "A-B": 3}, corpora=["A", "A-B", "CREMA-D", "TESS"])
    text = card(training)
    assert "say little about others: A (one)." in text
    for name in ("A", "A-B"):
        assert f"- {name}: from a CSV file" in text
    assert "RAVDESS" not in text and "North American" not in text
    assert "40 % of TESS an epoch" in text
    training["speakers"]["train"] = ["A-9"]
    assert "TESS" not in card(training)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("context", "what surrounds the speech"),
        ("paper", "the source paper's"),
        ("acoustic", "noise, rooms"),
    ],
)
def test_every_augmentation_has_its_words(name, words):
    recipe = plain(Recipe(augmented_share=0.3, augmentation=name))
    text = card(facts({"CREMA-D": 16}, recipe=recipe))
    assert f"30 % of clips with augmented sound ({words}" in text


def test_input_and_architecture_are_those_of_the_configuration():
    usual = f"{input_text(Config())} {architecture_text(Config())}"
    assert usual == (
        "Mono at 22,050 Hz, up to 3.0 s, scaled to one speech level, padded symmetrically; "
        "128 mel bands (dB, to 8 kHz), 40 MFCC, RMS and zero-crossing rate at 25 ms window and "
        "20 ms hop: 170 × 151. 4 × [3×3 convolution, 128 filters → batch norm → ReLU → max-pool; "
        "time is halved in the first 2], dropout 0.3, bidirectional LSTM of 256 units, masked mean "
        "over time, dense layer of 14. Emotion and gender probabilities are sums of the joint ones."
    )
    changes = ["features.hop_length=220", "features.n_mels=64", "features.fmax=6000.0"]
    changes += ["audio.window_seconds=2.5", "model.rms_zcr=false", "model.mean_normalisation=true"]
    other = input_text(override(Config(), changes))
    assert "up to 2.5 s" in other and "64 mel bands (dB, to 6 kHz), 40 MFCC at 25 ms" in other
    assert "10 ms hop: 104 × 251, mel bands and MFCC less their mean over the window." in other

    def built(*changes):
        return architecture_text(override(Config(), list(changes)))

    text = built(
        "model.n_blocks=5", "model.channels=64", "model.lstm_units=32", "model.dropout=0.0"
    )
    assert text.startswith("5 × [3×3 convolution, 64 filters") and "no dropout" in text
    assert "LSTM of 32 units" in text
    assert "batch norm" not in built("model.batch_norm=false")
    assert "time is not halved" in built("model.time_pools=0")
    assert "time is halved in each" in built("model.time_pools=4")
    assert "dense layers of 7 and 2. The joint" in built("model.two_heads=true")
    assert "dense layer of 7. Gender is left open" in built("model.n_classes=7")
