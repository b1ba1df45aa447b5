"""Votes for the benchmarks of label models: two sets of rules, a video, five crowds, and made votes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

TREC = {"DESC": "DESCRIPTION", "ENTY": "ENTITY", "HUM": "HUMAN", "ABBR": "ABBREVIATION", "LOC": "LOCATION",
        "NUM": "NUMERIC"}  # fmt: skip
CROWDS = ("bluebird", "rte", "dog", "web", "trec")


def rules(folder: Path, name: str) -> dict[str, tuple[np.ndarray, np.ndarray, int]]:
    """Return votes, truth and number of classes of each part of a set of rules."""
    place = folder / f"{name}_rules"
    lines = [line.split("\t") for line in (place / "rule.txt").read_text("latin-1").splitlines() if line.strip()]
    classes = ["ham", "spam"] if name == "sms" else list(TREC)
    named = {word: number for number, word in enumerate(classes)} | {
        TREC[c]: classes.index(c) for c in TREC if c in classes
    }
    found = {}
    for part in ("train", "valid", "test"):
        if name == "sms":
            frame = pd.read_csv(place / f"{part}.csv", encoding="latin-1")
            labels, texts = frame["v1"].tolist(), frame["v2"].astype(str).tolist()
        else:
            pairs = [
                line.split(":", 1) for line in (place / f"{part}.txt").read_text("latin-1").split("\n") if ":" in line
            ]
            labels, texts = [each[0] for each in pairs], [each[1] for each in pairs]
        texts = [text.strip().lower() for text in texts]
        votes = np.full((len(texts), len(lines)), -1, np.int8)
        for number, (label, pattern, *_) in enumerate(lines):
            search = re.compile(pattern).search
            votes[[search(text) is not None for text in texts], number] = named[label.strip()]
        found[part] = (votes, np.array([named[label] for label in labels]), len(classes))
    return found


def tennis(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray, int]]:
    """Return votes on video frames; the truth of training rows is not known."""
    place = folder / "tennis_rally"
    train, test = (np.load(place / f"L_{part}_video.npy") for part in ("train", "dev"))
    truth = (np.load(place / "Y_dev_video.npy") == 1).astype(int)
    coded = [np.where(each == 0, -1, each == 1).astype(np.int8) for each in (train, test)]
    return {"train": (coded[0], np.full(len(train), -1), 2), "test": (coded[1], truth, 2)}


def crowd(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Return votes, truth (-1 where not known) and number of classes of a crowd."""
    votes = pd.read_csv(folder / "crowd" / name / "label.csv")
    truth = pd.read_csv(folder / "crowd" / name / "truth.csv").set_index("item")["truth"]
    classes = np.sort(votes["label"].unique())
    items, workers = np.sort(votes["item"].unique()), np.sort(votes["worker"].unique())
    codes = np.full((len(items), len(workers)), -1, np.int8)
    codes[np.searchsorted(items, votes["item"]), np.searchsorted(workers, votes["worker"])] = np.searchsorted(
        classes, votes["label"]
    )
    true = truth.reindex(items)
    known = true.notna().to_numpy()
    places = np.full(len(items), -1)
    places[known] = np.searchsorted(classes, true[known].to_numpy())
    return codes, places, len(classes)


def made(rows: int, sources: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, float]:
    """Return made votes of two classes, the truth, and the accuracy of who knows how they were made."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(rows) < 0.3).astype(np.int8)
    right, share = rng.uniform(0.55, 0.9, sources), rng.uniform(0.1, 0.6, sources)
    codes, odds = np.full((rows, sources), -1, np.int8), np.full(rows, np.log(0.3 / 0.7))
    for place in range(sources):
        said = np.where(rng.random(rows) < right[place], truth, 1 - truth).astype(np.int8)
        spoken = rng.random(rows) < share[place]
        codes[spoken, place] = said[spoken]
        odds += np.where(spoken, np.where(said == 1, 1, -1), 0) * np.log(right[place] / (1 - right[place]))
    return codes, truth, float(((odds > 0) == truth).mean())


def copied(copies: int) -> tuple[np.ndarray, np.ndarray]:
    """Return votes of eight sources of which the worst is repeated, and the truth."""
    rng = np.random.default_rng(1)
    truth = (rng.random(20_000) < 0.5).astype(np.int8)
    codes = np.full((20_000, 8), -1, np.int8)
    for place, right in enumerate(np.linspace(0.6, 0.9, 8)):
        spoken = rng.random(20_000) < 0.7
        codes[spoken, place] = np.where(rng.random(20_000) < right, truth, 1 - truth)[spoken]
    return np.hstack([codes, np.repeat(codes[:, :1], copies, axis=1)]), truth


def credit(scores: np.ndarray, truth: np.ndarray, spoken: np.ndarray) -> float:
    """Return the accuracy on rows with votes and truth; classes that tie share."""
    some = spoken & (truth >= 0)
    top = scores[some] >= scores[some].max(axis=1, keepdims=True) - 1e-12
    return float((top[np.arange(some.sum()), truth[some]] / top.sum(axis=1)).mean())
