"""``python -m training leak``: how much a split gives away, measured by remembering.

A 1-nearest-neighbour classifier learns nothing: it looks up the most alike row of training.  Its
accuracy under a split is what can be had by recognising the recording or the speaker.  Two kinds of
features, each under three splits:

- ``170-means``: the source's 170 numbers of six versions of a clip (:mod:`training.paper`);
- ``log-mel``: mean and standard deviation over time of the 128 log-mel bands of our own cached
  windows (256 numbers; a clip has its final windows and up to two earlier, overlapping ones).

Splits: rows at random 80:20 (the source's), clips at random 80:20 (all rows of a clip on one
side), and the five folds by speaker (every row tested once).  Numbers are standardised on the
training rows; without that the zero-crossing count alone would decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import recall_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from ser_live.config import Config
from ser_live.errors import SerLiveError
from ser_live.labels import EMOTIONS
from training.batches import joint_labels
from training.cache import FeatureCache, load_cache
from training.clip_rows import manifest_digest
from training.files import make_folder, read_table, write_table, write_text
from training.manifest import read_manifest
from training.paper.data import share_with_sibling, split_clips, split_versions
from training.paper.features import VERSIONS, paper_rows
from training.predictions import in_order
from training.prepare import features_folder
from training.split import N_FOLDS, load_or_assign, split_fold

POOLED = "all corpora"
KINDS = ("log-mel", "170-means")
SPLITS = ("rows at random", "clips at random", "speakers (5 folds)")


def window_statistics(cache: FeatureCache) -> np.ndarray:
    """Mean and standard deviation over time of the log-mel bands of every window, (n, 256)."""
    bands = cache.config.features.n_mels
    out = np.empty((len(cache.index), 2 * bands), np.float32)
    for row in range(len(out)):
        values = cache.window(row)[0][:, :bands].astype(np.float32)
        out[row, :bands], out[row, bands:] = values.mean(0), values.std(0)
    return out


def splits(
    table: pd.DataFrame, clip: np.ndarray, folds: pd.DataFrame
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, training rows and test rows of every split; the last name comes once a fold.

    Args:
        table: the manifest.
        clip: (n,) manifest row that each row belongs to.
        folds: ``speaker, fold``.

    Raises:
        SerLiveError: there is one speaker only.
    """
    if table["speaker"].nunique() < 2:
        raise SerLiveError("the manifest holds one speaker: none can be told apart")
    yield (SPLITS[0], *split_versions(len(clip)))
    yield (SPLITS[1], *split_clips(clip))
    for fold in range(N_FOLDS):
        tested = np.isin(clip, split_fold(table, folds, fold).test)
        if 0 < tested.sum() < len(tested):  # few speakers fill fewer folds
            yield SPLITS[2], np.flatnonzero(~tested), np.flatnonzero(tested)


def neighbours(values: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray
               ) -> np.ndarray:  # fmt: skip
    """Label of each test row's nearest training row (Euclidean, standardised), (m,) int64."""
    scaler = StandardScaler().fit(values[train])
    model = KNeighborsClassifier(1, algorithm="brute").fit(
        scaler.transform(values[train]), labels[train]
    )
    return np.concatenate(
        [model.predict(scaler.transform(values[part])) for part in np.array_split(
            test, max(1, len(test) // 2_000)
        )]
    )  # fmt: skip


def measure(
    name: str, table: pd.DataFrame, values: np.ndarray, clip: np.ndarray, folds: pd.DataFrame
) -> pd.DataFrame:
    """Figures of one kind of features under all splits.

    Args:
        name: of the features.
        table: the manifest.
        values: (n, features) float.
        clip: (n,) int64, each row's place in the manifest.
        folds: ``speaker, fold``.

    Returns:
        ``features, split, classes, corpus, rows, with_sibling, chance, accuracy, uar``.
    """
    labels = joint_labels(table)[clip]
    corpus = table["corpus"].to_numpy()[clip]
    found: dict[str, list[tuple[np.ndarray, np.ndarray, float]]] = {}
    bar = tqdm(list(splits(table, clip, folds)), desc=name, unit="split")
    for split, train, test in bar:
        guess = neighbours(values, labels, train, test)
        sibling = share_with_sibling(clip, train, test)
        found.setdefault(split, []).append((test, guess, sibling))
    rows = []
    for split, parts in found.items():
        test = np.concatenate([part[0] for part in parts])
        guess = np.concatenate([part[1] for part in parts])
        sibling = float(np.average([p[2] for p in parts], weights=[len(p[0]) for p in parts]))
        for classes in (14, 7):
            truth, said = labels[test], guess
            if classes == 7:
                truth, said = truth % len(EMOTIONS), said % len(EMOTIONS)
            for where in [POOLED, *in_order(corpus)]:
                inside = np.full(len(test), True) if where == POOLED else corpus[test] == where
                present = np.unique(truth[inside])
                recall = recall_score(
                    truth[inside], said[inside], labels=present, average=None, zero_division=0
                )
                rows.append(
                    {"features": name, "split": split, "classes": classes, "corpus": where}
                    | {"rows": int(inside.sum()), "with_sibling": sibling}
                    | {"chance": 1 / len(present), "uar": float(recall.mean())}
                    | {"accuracy": float((truth == said)[inside].mean())}
                )
    return pd.DataFrame(rows)


def leak(
    cache: Path, corpora: Path, folds_path: Path, output: Path, only: str | None = None
) -> pd.DataFrame:
    """Measure, write ``leak.csv`` and ``leak.md`` and print the table.

    Each kind of features is kept when it is done (``leak-*.csv``): the same call goes on.

    Args:
        cache: folder of the manifest and the features.
        corpora: folder of the corpora.
        folds_path: a file ``speaker, fold``.
        output: where to write.
        only: one of :data:`KINDS`.

    Raises:
        SerLiveError: no manifest, or what is done is of another one or of other folds.
        FileNotFoundError: no cached windows.
    """
    table = read_manifest(cache)
    folds = load_or_assign(table, folds_path)
    make_folder(output)
    divided = hashlib.sha256(folds.sort_values("speaker").to_csv(index=False).encode()).hexdigest()
    facts = json.dumps({"manifest": manifest_digest(table), "folds": divided}) + "\n"

    def means() -> tuple[np.ndarray, np.ndarray]:
        numbers = paper_rows(table, corpora, cache)
        clip = np.repeat(np.arange(len(table)), len(VERSIONS))
        return numbers.reshape(len(clip), -1), clip

    def windows() -> tuple[np.ndarray, np.ndarray]:
        features = load_cache(features_folder(cache, Config()), table)
        return window_statistics(features), features.index["clip"].to_numpy()

    parts = []
    for name, make in zip(KINDS, (windows, means), strict=True):
        if only not in (None, name):
            continue
        path, of = output / f"leak-{name}.csv", output / f"leak-{name}.json"
        if not path.exists():
            values, clip = make()
            write_table(path, measure(name, table, values, clip, folds))
            write_text(of, facts)
        elif of.exists() and of.read_text() != facts:
            raise SerLiveError(f"{path}: of another manifest or other folds; remove it")
        parts.append(read_table(path, ("features", "split", "corpus")))
    result = pd.concat(parts, ignore_index=True)
    write_table(output / "leak.csv", result, float_format="%.6g")
    text = leak_markdown(result)
    write_text(output / "leak.md", text)
    print(text)
    return result


def leak_markdown(result: pd.DataFrame) -> str:
    """Accuracy and UAR, pooled and then per corpus."""
    lines = [
        "1-nearest neighbour on standardised numbers: nothing is learnt, rows are recognised.",
        "",
        "| features | split | test rows with a sibling in training % | corpus | 14 classes: "
        "accuracy % | UAR % | 7 classes: accuracy % | UAR % |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    keys = ["features", "split", "corpus"]
    for (name, split, corpus), part in result.groupby(keys, sort=False):
        by = part.set_index("classes")
        cells = [100 * by.loc[n, key] for n in (14, 7) for key in ("accuracy", "uar")]
        lines.append(
            f"| {name} | {split} | {100 * part['with_sibling'].iloc[0]:.1f} | {corpus} | "
            + " | ".join(f"{cell:.1f}" for cell in cells)
            + " |"
        )
    return "\n".join([*lines, ""])
