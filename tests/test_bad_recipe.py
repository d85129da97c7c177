"""Recipes that cannot be: named by file and field, before anything is written."""

import pytest

from ser_live.config import Config
from ser_live.config_override import override
from ser_live.errors import ConfigError
from training.config_trial import try_model
from training.recipe import load_config, load_recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope = 1", r"recipe\.nope: unknown field"),
        ('epochs = "a"', r"recipe\.epochs: expected int, found str"),
        ("epochs = = 3", r"not TOML: .*line 1"),
        ("epochs = -3", r"recipe\.epochs: at least 1, not -3"),
        ("max_lr = 0.0", r"recipe\.max_lr: above 0"),
        ("max_lr = -1.0", r"recipe\.max_lr: above 0"),
        ("max_lr = nan", r"recipe\.max_lr: above 0"),
        ("max_lr = 1e30", r"recipe\.max_lr: .*at most 1"),
        ("batch_size = 1", r"recipe\.batch_size: at least 2"),
        ("batch_size = 9\nconsistency = 1.0", r"recipe\.batch_size: even for consistency"),
        ("consistency = -1.0", r"recipe\.consistency: at least 0"),
        ("train_share = 0.0", r"recipe\.train_share: above 0"),
        ("train_share = 2.0", r"recipe\.train_share: .*at most 1"),
        ("mixup_alpha = -0.5", r"recipe\.mixup_alpha: at least 0"),
        ("mixup_alpha = inf", r"recipe\.mixup_alpha: at least 0"),
        ("weight_decay = nan", r"recipe\.weight_decay: at least 0"),
        ("tess_share = -1.0", r"recipe\.tess_share: from 0 to 1"),
        ("provisional_share = 7.0", r"recipe\.provisional_share: from 0 to 1"),
        ("feature_mask_rows = -1", r"recipe\.feature_mask_rows: at least 0"),
        ("time_mask_seconds = -1.0", r"recipe\.time_mask_seconds: at least 0"),
        ("seed = -1", r"recipe\.seed: at least 0"),
        ("fold = -1", r"recipe\.fold: at least 0"),
        ("early_stopping = -1", r"recipe\.early_stopping: at least 0"),
        ("augmentation = 'loud'", r"recipe\.augmentation: choose from acoustic"),
    ],
)
def test_a_recipe_names_file_and_field(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text + "\n")
    with pytest.raises(ConfigError, match=r"mine\.toml: " + message):
        load_recipe(path)


def test_files_that_are_no_recipe(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        load_recipe(tmp_path)
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"mine\.toml: not UTF-8"):
        load_recipe(path)
    path.write_text("config = 3\n")
    with pytest.raises(ConfigError, match=r"mine\.toml: config: expected an object"):
        load_config(path)


@pytest.mark.parametrize(
    "setting",
    ["channels=0", "channels=-4", "lstm_units=0", "n_blocks=40", "dropout=3.0", "n_classes=5"],
)
def test_a_model_that_cannot_be(setting):
    with pytest.raises(ConfigError, match="config"):
        try_model(override(Config(), ["model." + setting]))
