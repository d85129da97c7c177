"""The model card of a checkpoint, as Markdown."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from ser_live.config import Config
from training.card_data import corpora_list, known_corpora, people
from training.card_figures import of_everyone, of_tested
from training.card_model import architecture_text, input_text
from training.corpora import CORPORA
from training.wording import division, number, protocol

_AUGMENTATIONS = {
    "acoustic": "noise, rooms, microphones, telephone",
    "paper": "the source paper's",
    "context": "what surrounds the speech",
}


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
        what = _AUGMENTATIONS[recipe["augmentation"]]
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
    if share := recipe.get("distil_share", 0.0):
        parts.append(f"{100 * share:.0f} % of all targets from what earlier models say")
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
    speakers = training["speakers"]
    trained = f"{len(speakers['train'])} speakers"
    if "everyone" in training:
        return (
            f"**State: trained on everyone.** {epochs} epochs on all {trained}. Nobody is left to "
            f"test it on: the figures below are those of {number(training['figures']['folds'])} "
            "models of the same recipe, each tested on speakers that it had never heard."
        )
    if "leave_out" in training:
        left_out = training["leave_out"]
        return (
            f"**State: a checkpoint trained without {left_out}.** {epochs} epochs on {trained} of "
            f"other corpora; the figures below are those of {left_out}, which it had never heard."
        )
    others = len(speakers["test"])
    return (
        f"**State: a checkpoint of one fold.** {epochs} epochs on {trained}; the figures below are "
        f"those of {number(others)} other{'s' * (others != 1)}, whom it had never heard."
    )


def _protocol(training: dict[str, Any]) -> str:
    dropped = "Silent clips and recordings under contradicting labels are left out."
    if "everyone" in training:
        folds = number(training["figures"]["folds"])
        return (
            f"Figures: {folds} folds by speaker (`folds.csv` of the runs), each person tested "
            "once, by a model that had not heard them. Recordings pass through the segmenter of "
            f"the live path. {dropped} The number of epochs is that of the folds, the last epoch's "
            'weights are taken; the temperature and the confidence below which "not sure" is said '
            "were fitted on the predictions of all folds."
        )
    speakers, left_out = training["speakers"], training.get("leave_out")
    how = division(training)
    tested = f"all {len(speakers['test'])} speakers of {left_out}"
    return (
        f"{how[0].upper()}{how[1:]}. {protocol('test', left_out, 'start' in training)} {dropped} "
        f"The epoch and the temperature were chosen on validation speakers "
        f"({', '.join(speakers['validation'])}). Test speakers: "
        f"{tested if left_out else ', '.join(speakers['test'])}."
    )


def _recipe(training: dict[str, Any]) -> str:
    recipe = training["recipe"]
    masked = recipe.get("time_masks", 2) or recipe.get("feature_masks", 2)
    drawn = ["SpecAugment"] if masked else []
    if "TESS" in people(training)["train"]:
        drawn.append(f"{100 * recipe['tess_share']:.0f} % of TESS an epoch")
    drawn.append(
        f"{100 * recipe['provisional_share']:.0f} % of clips as the short windows that a listener "
        f"gets while someone is still speaking{_additions(recipe)}"
    )
    return (
        f"Recipe: {_optimisation(recipe)}, batch {recipe['batch_size']}, label smoothing "
        f"{recipe['label_smoothing']:g}, mixup {recipe['mixup_alpha']:g}, {', '.join(drawn)}."
        + _stages(training)
    )


def _heard(training: dict[str, Any]) -> str:
    """What kind of speech the figures are about."""
    if set(known_corpora(training)) <= set(CORPORA):
        return "Acted speech of North American and British speakers reading fixed sentences."
    return "Speech as that of the corpora above, under the emotions that they name."


def model_card(training: dict[str, Any], config: Config, path: Path) -> str:
    """The model card as Markdown.

    Args:
        training: a checkpoint's facts about its training.
        config: its configuration.
        path: the checkpoint.
    """
    everyone = "everyone" in training
    epochs = training["epochs"] + training.get("start", {}).get("epochs", 0)
    return _wrapped(f"""# Model card: Model A (`{path.name}`)

A small CNN-BiLSTM that estimates, from up to {config.audio.window_seconds:g} s of speech, how
likely each of 14 classes is: two perceived vocal genders × seven acted emotions (angry, disgust,
fear, happy, neutral, sad, surprise). It runs in SER Live.

{_state(training, epochs)}

## Input and architecture

{input_text(config)}
{architecture_text(config)}

## Data and protocol

{corpora_list(training)}

{_protocol(training)}

{_recipe(training)}

## Figures on unseen speakers

{of_everyone(training["figures"]) if everyone else of_tested(training)}

## Limits and misuse

- {_heard(training)} Spontaneous speech, other languages, children and illness are outside of what
  was measured. Noise, telephone, rooms and spectral tilt are measured by `python -m training
  stress`.
- It estimates *perceived, acted* emotion and *perceived* vocal gender, not what a person feels or
  is. People listening to CREMA-D's audio agree with the intended label 41 % of the time.
- Never decide about a person by it. In the EU, inferring emotions of people at work and in
  education is forbidden (AI Act, Article 5(1)(f)); people exposed to such a system must be told
  (Article 50(3)).

Licence of the weights: `LICENSE-weights.md` (non-commercial research).
""")


def _wrapped(text: str) -> str:
    """Paragraphs and the items of lists wrapped; headings and tables as they are."""
    parts = []
    for part in text.strip().split("\n\n"):
        if part.startswith("- "):
            parts.append("\n".join(_filled(item, "  ") for item in re.split(r"\n(?=- )", part)))
        else:
            parts.append(part if part.startswith(("#", "|")) else _filled(part))
    return "\n\n".join(parts) + "\n"


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        100,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
