import hashlib
import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ser_live.config import Config
from ser_live.errors import CheckpointError
from ser_live.models.checkpoint import (
    default_checkpoint_path,
    load_checkpoint,
    save_checkpoint,
)
from ser_live.models.registry import build_model


@pytest.fixture
def saved(tmp_path):
    config = Config()
    config = replace(config, model=replace(config.model, channels=8, lstm_units=8))
    torch.manual_seed(0)
    model = build_model(config)
    path = save_checkpoint(tmp_path / "m.safetensors", model, config, {"epochs": 3})
    return path, model, config


def rewrite(path, change, keep_sha=False):
    """Change the tensors and texts of a file; the .sha256 file is removed unless kept."""
    with safe_open(path, framework="pt") as file:
        texts = dict(file.metadata())
        state = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    change(state, texts)
    save_file(state, path, metadata=texts)
    if not keep_sha:
        path.with_name(path.name + ".sha256").unlink()


def test_round_trip(saved):
    path, model, config = saved
    loaded = load_checkpoint(path)
    assert loaded.config == config and loaded.training == {"epochs": 3}
    assert not loaded.model.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor), name


def test_sha256_file_is_what_sha256sum_writes(saved):
    path, _, _ = saved
    text = path.with_name(path.name + ".sha256").read_text()
    assert text == f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def test_missing(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.safetensors: no such checkpoint"):
        load_checkpoint(tmp_path / "none.safetensors")


@pytest.mark.parametrize("with_sha", [True, False])
@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_truncated(saved, size, with_sha):
    path, _, _ = saved
    path.write_bytes(path.read_bytes()[:size])
    if not with_sha:
        path.with_name(path.name + ".sha256").unlink()
    with pytest.raises(CheckpointError, match=r"m\.safetensors"):
        load_checkpoint(path)


def test_a_flipped_bit_is_noticed_even_without_the_sha_file(saved):
    path, _, _ = saved
    data = bytearray(path.read_bytes())
    data[-1_000] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"m\.safetensors: SHA-256"):
        load_checkpoint(path)
    path.with_name(path.name + ".sha256").unlink()
    with pytest.raises(CheckpointError, match=r"m\.safetensors: digest"):
        load_checkpoint(path)


def drop_tensor(state, texts):
    del state["dense.bias"]


def wrong_shape(state, texts):
    state["dense.weight"] = state["dense.weight"][:7].clone()


def not_finite(state, texts):
    state["dense.bias"][0] = float("nan")


def extra_tensor(state, texts):
    state["more"] = torch.zeros(1)


def drop_labels(state, texts):
    del texts["labels"]


def other_labels(state, texts):
    texts["labels"] = json.dumps(["a", "b"])


def other_format(state, texts):
    texts["format"] = "ser-live-checkpoint/99"


def bad_config(state, texts):
    config = json.loads(texts["config"])
    config["features"]["n_mels"] = "many"
    texts["config"] = json.dumps(config)


def other_architecture(state, texts):
    config = json.loads(texts["config"])
    config["model"]["architecture"] = "model_z"
    texts["config"] = json.dumps(config)


def other_training(state, texts):
    texts["training"] = '{"epochs": 4}'


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (drop_tensor, "dense.bias"),
        (wrong_shape, "dense.weight"),
        (not_finite, "dense.bias"),
        (extra_tensor, "more"),
        (drop_labels, "labels"),
        (other_labels, "labels"),
        (other_format, "format"),
        (bad_config, "config.features.n_mels"),
        (other_architecture, "config.model.architecture"),
        (other_training, "digest"),
    ],
)
def test_tampering_names_file_and_field(saved, change, named):
    path, _, _ = saved
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=named) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_any_change_is_noticed_by_the_sha_file(saved):
    path, _, _ = saved
    rewrite(path, other_training, keep_sha=True)
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_checkpoint(path)


def test_not_a_checkpoint(tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"hello" * 100)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load_checkpoint(path)


def test_the_shipped_checkpoint_loads_and_is_model_a(tmp_path):
    loaded = load_checkpoint()
    assert loaded.config.model.channels == 128 and loaded.config.model.lstm_units == 256
    assert loaded.training["figures"]["out_of_fold"]
    # Alone, away from its SHA file, too.
    copy = shutil.copy(default_checkpoint_path(), tmp_path / "copy.safetensors")
    assert load_checkpoint(copy).digest == loaded.digest
