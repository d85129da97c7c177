"""``python -m training export``: a finished run's checkpoint and its model card."""

from __future__ import annotations

from pathlib import Path

from ser_live.errors import SerLiveError
from ser_live.models.checkpoint import load_checkpoint, save_checkpoint
from training.files import make_folder, write_text
from training.final_model import calibrated_by_folds
from training.model_card import model_card


def export_run(run: Path, output: Path, folds: Path | None = None) -> None:
    """Write the checkpoint, its SHA-256, ``model_card.md`` and ``training_log.csv`` beside it.

    Args:
        run: folder of a finished run.
        output: the checkpoint to write.
        folds: of a run that was trained on everyone: the folder that ``pool`` wrote of the folds
            of the same recipe; temperature, threshold and figures come from them.

    Raises:
        SerLiveError: the run has not tested its model yet, ``folds`` lacks or is of another
            recipe, or is given for a run that has figures of its own.
    """
    loaded = load_checkpoint(run / "model.safetensors")
    config, training = loaded.config, loaded.training
    if "everyone" in training:
        if folds is None:
            raise SerLiveError(
                f"{run}: was trained on everyone; name what `pool` wrote of the folds (--folds)"
            )
        config, training = calibrated_by_folds(run, config, training, folds)
    elif folds is not None:
        raise SerLiveError(f"{run}: was trained on a fold, so it is calibrated; leave --folds out")
    elif "test" not in training["figures"]:
        raise SerLiveError(f"{run}: has no figures on test speakers; train without --no-test")
    # Before anything is written, so that a lack leaves what was there.
    log = (run / "log.csv").read_text()
    text = model_card(training, config, output)
    make_folder(output.parent)
    save_checkpoint(output, loaded.model, config, training)
    card = output.with_name("model_card.md")
    write_text(card, text)
    write_text(output.with_name("training_log.csv"), log)
    print(f"{output}, {output.name}.sha256, {card.name}, training_log.csv: written")
