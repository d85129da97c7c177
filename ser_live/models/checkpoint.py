"""Reading and writing checkpoints: safetensors, with config and labels inside.

A file ``NAME.safetensors`` holds the weights, the normalisation statistics, and as metadata the
configuration, the labels, facts about the training and a digest over all of these.  Beside it
stands ``NAME.safetensors.sha256`` in the format of ``sha256sum``.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ser_live.asset_files import asset_path
from ser_live.config import Config
from ser_live.errors import CheckpointError, ConfigError
from ser_live.labels import JOINT
from ser_live.models.cnn_bilstm import CnnBiLstm
from ser_live.models.registry import build_model

FORMAT = "ser-live-checkpoint/1"
#: The checkpoint that the package ships.
DEFAULT_CHECKPOINT = "model_a.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A model ready for inference, and what is known of it.

    Attributes:
        model: the network, in evaluation mode.
        config: the configuration it was trained with.
        training: facts about its training (data, epochs, figures), JSON values.
        path: the file it came from.
        digest: SHA-256 over tensors, config, labels and training facts, hexadecimal.
    """

    model: CnnBiLstm
    config: Config
    training: dict[str, Any]
    path: Path
    digest: str

    @property
    def name(self) -> str:
        """File name without suffix, and the first digits of the digest."""
        return f"{self.path.stem}@{self.digest[:8]}"


def default_checkpoint_path() -> Path:
    """Where the shipped checkpoint lies, in a checkout or in an installed package."""
    return asset_path(DEFAULT_CHECKPOINT)


def _digest(state: dict[str, torch.Tensor], texts: dict[str, str]) -> str:
    sha = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        sha.update(f"{name}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        sha.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    for name in sorted(texts):
        sha.update(f"{name}={texts[name]}|".encode())
    return sha.hexdigest()


def save_checkpoint(
    path: str | Path, model: CnnBiLstm, config: Config, training: dict[str, Any]
) -> Path:
    """Write a checkpoint and its ``.sha256`` file, each whole or not at all.

    Args:
        path: target, ending in ``.safetensors``.
        model: the network (not fused).
        config: its configuration.
        training: facts about the training; must be JSON.

    Raises:
        CheckpointError: it cannot be written (a full disk, no permission).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    texts = {
        "format": FORMAT,
        "config": config.to_json(),
        "labels": json.dumps(JOINT),
        "training": json.dumps(training),
    }
    # By way of memory: a full disk is then told as such, and kills nothing in native code.
    content = save(state, metadata={**texts, "digest": _digest(state, texts)})
    file_sha = hashlib.sha256(content).hexdigest()
    sha_path = path.with_name(path.name + ".sha256")
    parts = {p: p.with_name(p.name + ".part") for p in (path, sha_path)}
    try:
        parts[path].write_bytes(content)
        parts[sha_path].write_text(f"{file_sha}  {path.name}\n")
        for target, part in parts.items():
            os.replace(part, target)
    except OSError as error:
        for part in parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise CheckpointError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def load_checkpoint(path: str | Path | None = None) -> Checkpoint:
    """Read and verify a checkpoint; never runs code from the file.

    Args:
        path: the file; the shipped one when ``None``.

    Raises:
        CheckpointError: missing, truncated, altered, of the wrong shape or labels; the message
            names the file and the field.
    """
    path = Path(path) if path is not None else default_checkpoint_path()
    _check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            texts = dict(file.metadata() or {})
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged or not a checkpoint ({error})") from error
    digest = texts.pop("digest", None)
    for field in ("format", "config", "labels", "training"):
        if field not in texts:
            raise CheckpointError(f"{path}: metadata field {field!r} is missing")
    if texts["format"] != FORMAT:
        raise CheckpointError(f"{path}: format: {texts['format']!r}, this program reads {FORMAT!r}")
    try:
        config = Config.from_json(texts["config"])
        model = build_model(config)
    except (ConfigError, ValueError, RuntimeError, ZeroDivisionError) as error:
        raise CheckpointError(f"{path}: {error}") from error
    if texts["labels"] != json.dumps(JOINT):
        raise CheckpointError(f"{path}: labels: not the 14 classes this program knows")
    _check_tensors(path, state, model)
    if digest != _digest(state, texts):
        raise CheckpointError(f"{path}: digest: the content was altered since it was written")
    model.load_state_dict(state)
    training = json.loads(texts["training"])
    return Checkpoint(model.eval(), config, training, path, digest)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path}: no such checkpoint")
    sha_path = path.with_name(path.name + ".sha256")
    if not sha_path.exists():
        return  # the digest inside still guards against alteration
    expected = sha_path.read_text().split()[:1]
    if expected != [hashlib.sha256(path.read_bytes()).hexdigest()]:
        raise CheckpointError(
            f"{path}: SHA-256 differs from {sha_path.name}: truncated or altered, fetch it again"
        )


def _check_tensors(path: Path, state: dict[str, torch.Tensor], model: CnnBiLstm) -> None:
    expected = model.state_dict()
    for name, tensor in expected.items():
        if name not in state:
            raise CheckpointError(f"{path}: tensor {name!r} is missing")
        if state[name].shape != tensor.shape or state[name].dtype != tensor.dtype:
            raise CheckpointError(
                f"{path}: tensor {name!r}: {state[name].dtype} {tuple(state[name].shape)}, "
                f"expected {tensor.dtype} {tuple(tensor.shape)}"
            )
        if tensor.is_floating_point() and not torch.isfinite(state[name]).all():
            raise CheckpointError(f"{path}: tensor {name!r} holds values that are not finite")
    for name in state:
        if name not in expected:
            raise CheckpointError(f"{path}: tensor {name!r} is not part of the model")
