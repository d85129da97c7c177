"""The model card of a checkpoint, as Markdown."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from ser_live.config import Config
from training.corpora import CORPORA

_CORPORA_NOTES = {
    "CREMA-D": "ODbL 1.0 / DbCL 1.0; Cao et al. 2014, doi:10.1109/TAFFC.2014.2336244",
    "RAVDESS": "CC BY-NC-SA 4.0; Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391",
    "TESS": "CC BY-NC-ND 4.0; Pichora-Fuller & Dupuis 2020, doi:10.5683/SP2/E8H2MF",
    "SAVEE": "research use; Haq & Jackson 2010",
}


def figures_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures per corpus as a Markdown table."""
    lines = [
        "| corpus | clips | UAR | chance | accuracy | macro F1 | gender accuracy | ECE |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in figures.items():
        cells = [f"{row['clips']:,}"]
        cells += [f"{100 * row[k]:.1f} %" for k in ("uar", "chance", "accuracy", "macro_f1")]
        cells += [f"{100 * row['gender_accuracy']:.1f} %", f"{row['ece']:.3f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def recall_table(figures: dict[str, dict[str, Any]]) -> str:
    """Recall per emotion and corpus as a Markdown table."""
    emotions = list(dict.fromkeys(e for row in figures.values() for e in row["recall"]))
    lines = ["| corpus | " + " | ".join(emotions) + " |"]
    lines.append("| --- |" + " ---: |" * len(emotions))
    for name, row in figures.items():
        cells = [f"{100 * row['recall'][e]:.0f}" if e in row["recall"] else "–" for e in emotions]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _optimisation(recipe: dict[str, Any]) -> str:
    """Optimiser and schedule; runs from before there was a choice had the first of each."""
    name = {"adamw": "AdamW", "adam": "Adam"}[recipe.get("optimizer", "adamw")]
    schedule = recipe.get("schedule", "onecycle")
    how = {"onecycle": "one-cycle to", "cosine": "cosine from", "plateau": "plateau from"}[schedule]
    return f"{name}, {how} {recipe['max_lr']:g}"


def _additions(recipe: dict[str, Any]) -> str:
    """What the recipe switches on beyond the ordinary, for the end of a sentence."""
    parts = []
    if share := recipe.get("augmented_share", 0.0):
        kind = {"acoustic": "noise, rooms, microphones, telephone", "paper": "the source paper's"}
        what = kind[recipe["augmentation"]]
        if recipe.get("on_the_fly", False):
            what += ", anew each time"
        parts.append(f"{100 * share:.0f} % of clips with augmented sound ({what})")
    if recipe.get("tempo", 0.0) or recipe.get("pitch", 0.0):
        parts.append(
            f"most windows' tempo by up to {100 * recipe['tempo']:g} % and pitch by up to "
            f"{recipe['pitch']:g} semitones changed"
        )
    if coarse := recipe.get("coarse_epochs", 0):
        parts.append(f"every second frame only in the first {coarse} epochs")
    if share := recipe.get("context_share", 0.0):
        parts.append(f"{100 * share:.0f} % of clips with what surrounds the speech")
    if share := recipe.get("channel_share", 0.0):
        parts.append(f"{100 * share:.0f} % of windows with another microphone and steady noise")
    if weight := recipe.get("consistency", 0.0):
        parts.append(f"each clip clean and perturbed, their divergence weighted {weight:g}")
    if share := recipe.get("listener_share", 0.0):
        parts.append(f"{100 * share:.0f} % of CREMA-D's targets from its listeners' choice")
    if (average := recipe.get("averaging", "none")) != "none":
        parts.append(f"weights averaged ({average.upper()})")
    if (balance := recipe.get("balance", "none")) != "none":
        parts.append(f"drawn balanced by {balance}")
    return "".join(f"; {part}" for part in parts)


_PLAIN = " without augmented sound"


def _stages(training: dict[str, Any]) -> str:
    """The stages before the last one, as a sentence to follow; empty without any."""
    earlier: list[dict[str, Any]] = []
    start = training.get("start")
    while start:
        earlier.insert(0, start["recipe"])
        start = start.get("start")
    if not earlier:
        return ""
    told = [f"{r['epochs']} epochs, {_optimisation(r)}{_additions(r) or _PLAIN}" for r in earlier]
    kind = "last" if "everyone" in training else "best"
    return (
        f"\n\nThat is the last of {len(earlier) + 1} stages, {training['epochs']} epochs; each "
        f"begins with the {kind} weights of the one before. Earlier: {', then '.join(told)}; else "
        "alike."
    )


def _state(training: dict[str, Any], epochs: int) -> str:
    if "everyone" in training:
        return (
            f"**State: trained on everyone.** {epochs} epochs on all "
            f"{len(training['speakers']['train'])} speakers. Nobody is left to test it on: the "
            "figures below are those of five models of the same recipe, each tested on speakers "
            "that it had never heard."
        )
    return (
        f"**State: a checkpoint of one fold.** {epochs} epochs on one fold's training speakers. It "
        "is honest, not yet as good as this architecture can get."
    )


def _protocol(training: dict[str, Any]) -> str:
    cut = (
        "Recordings pass through the segmenter of the live path; silent clips and recordings "
        "under contradicting labels are left out."
    )
    if "everyone" in training:
        return (
            "Figures: five folds by speaker (`training/folds.csv`), each person tested once, by a "
            f"model that had not heard them. {cut} The number of epochs is that of the folds, the "
            "last epoch's weights are taken; the temperature and the confidence below which "
            '"not sure" is said were fitted on the predictions of all folds.'
        )
    speakers = training["speakers"]
    return (
        f"Speaker-disjoint: fold {training['recipe']['fold']} of five (`training/folds.csv`). "
        f"{cut} The epoch and the temperature were chosen on validation speakers "
        f"({', '.join(speakers['validation'])}). The test speakers were looked at once: "
        f"{', '.join(speakers['test'])}."
    )


def out_of_fold_table(figures: dict[str, dict[str, Any]]) -> str:
    """The folds' figures per corpus, with 95 % intervals, as a Markdown table."""
    lines = [
        "| corpus | clips | speakers | UAR | 95 % interval | chance | accuracy | macro F1 "
        "| gender UAR | ECE |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in figures.items():
        limits = row["interval"]["uar"]
        cells = [f"{row['clips']:,}", str(row["speakers"]), f"{100 * row['uar']:.1f} %"]
        cells.append("–".join(f"{100 * x:.1f}" for x in limits) if limits else "one speaker")
        keys = ("chance", "accuracy", "macro_f1", "gender_uar")
        cells += [f"{100 * row[k]:.1f} %" for k in keys] + [f"{row['ece']:.3f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _results(training: dict[str, Any]) -> str:
    figures = training["figures"]
    shape = "The argmax runs over all seven emotions; CREMA-D holds no surprise."
    if "everyone" in training:
        per_corpus = figures["out_of_fold"]
        unsure = ", ".join(f"{n} {100 * u:.0f} %" for n, u in figures["unsure"].items())
        ece = ", ".join(f"{n} {e:.3f}" for n, e in figures["ece"].items())
        return f"""{shape} Intervals by bootstrap over speakers; TESS has two, SAVEE four.

{out_of_fold_table(per_corpus)}

Recall per emotion, %:

{recall_table(per_corpus)}

The table's calibration error is at each fold's own temperature. At this checkpoint's,
{figures["temperature"]:.2f}: {ece}. "Not sure" below {100 * figures["min_confidence"]:.0f} %
confidence, where an answer is wrong more often than right (each speaker weighing the same); clips
below it: {unsure}."""
    before = figures["test_before_temperature"]
    calibration = "; ".join(
        f"{name} {before[name]['ece']:.3f} → {row['ece']:.3f}"
        for name, row in figures["test"].items()
    )
    return f"""{shape} One fold: TESS is one woman, SAVEE one man here, so their figures say little
about other speakers.

{figures_table(figures["test"])}

Recall per emotion, %:

{recall_table(figures["test"])}

Expected calibration error before → after temperature ({figures["temperature"]:.2f}):
{calibration}."""


def model_card(training: dict[str, Any], config: Config, path: Path) -> str:
    """The model card as Markdown.

    Args:
        training: a checkpoint's facts about its training.
        config: its configuration.
        path: the checkpoint.
    """
    recipe, time_pools = training["recipe"], config.model.time_pools
    centred = ", mel bands and MFCC less their mean over the window"
    centred = centred if config.model.mean_normalisation else ""
    tested = training["figures"].get("test") or training["figures"]["out_of_fold"]
    corpora = "\n".join(f"- {name}: {_CORPORA_NOTES[name]}" for name in CORPORA)
    corpora += "".join(f"\n- {n}: from a CSV file" for n in tested if n not in CORPORA)
    tess, short = 100 * recipe["tess_share"], 100 * recipe["provisional_share"]
    epochs = training["epochs"] + training.get("start", {}).get("epochs", 0)
    return _wrapped(f"""# Model card: Model A (`{path.name}`)

A small CNN-BiLSTM that estimates, from up to 3 s of speech, how likely each of 14 classes is: two
perceived vocal genders × seven acted emotions (angry, disgust, fear, happy, neutral, sad,
surprise). It runs in SER Live.

{_state(training, epochs)}

## Input and architecture

Mono at 22,050 Hz, up to 3.0 s, scaled to one speech level, padded symmetrically; 128 mel bands
(dB, to 8 kHz), 40 MFCC, RMS and zero-crossing rate at 25 ms window and 20 ms hop: 170 ×
151{centred}.
4 × [3×3 convolution, 128 filters → batch norm → ReLU → max-pool; time is halved in the first
{time_pools}], dropout 0.3, bidirectional LSTM of 256 units, masked mean over time, dense layer of
14. Emotion and gender probabilities are sums of the joint ones.

## Data and protocol

{corpora}

{_protocol(training)}

Recipe: {_optimisation(recipe)}, batch {recipe["batch_size"]}, label smoothing
{recipe["label_smoothing"]:g}, mixup {recipe["mixup_alpha"]:g}, SpecAugment, {tess:.0f} % of
TESS an epoch, {short:.0f} % of clips as the short windows that a listener gets while someone is
still speaking{_additions(recipe)}.{_stages(training)}

## Figures on unseen speakers

{_results(training)}

## Limits and misuse

- Acted speech of North American and British speakers reading fixed sentences. Spontaneous speech,
  other languages, children and illness are outside of what was measured. Noise, telephone, rooms
  and spectral tilt are measured by `python -m training stress`.
- It estimates *perceived, acted* emotion and *perceived* vocal gender, not what a person feels or
  is. People listening to CREMA-D's audio agree with the intended label 41 % of the time.
- Never decide about a person by it. In the EU, inferring emotions of people at work and in
  education is forbidden (AI Act, Article 5(1)(f)); people exposed to such a system must be told
  (Article 50(3)).

Licence of the weights: `LICENSE-weights.md` (non-commercial research).
""")


def _wrapped(text: str) -> str:
    """Paragraphs wrapped; headings, lists and tables as they are."""
    parts = [
        part
        if part.startswith(("#", "|", "- "))
        else textwrap.fill(part, 100, break_long_words=False, break_on_hyphens=False)
        for part in text.strip().split("\n\n")
    ]
    return "\n\n".join(parts) + "\n"
