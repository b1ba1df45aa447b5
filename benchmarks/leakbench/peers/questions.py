"""What a library is asked: frames on disk, and how its answers are printed, one line a question."""

import json
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")


class Question:
    """One trial: frames of training and judged rows, and what columns are for.

    ``original`` holds all rows before anything was done to them, where there are as many as after it.
    """

    def __init__(self, folder):
        told = json.loads((folder / "question.json").read_text())
        self.name, self.target, self.time, self.group = folder.name, told["target"], told["time"], told["group"]
        self.id, self.split, self.learner, self.columns = told["id"], told["split"], told["learner"], told["columns"]
        self.deed = told["deed"]
        self.train = as_plain(pd.read_parquet(folder / "train.parquet"))
        self.test = as_plain(pd.read_parquet(folder / "test.parquet"))
        self.original = as_plain(pd.read_parquet(folder / "original.parquet"))
        self.whole = pd.concat([self.train, self.test], ignore_index=True)
        roles = {self.target, self.time, self.group, self.id}
        self.features = [name for name in self.train.columns if name not in roles]

    @property
    def texts(self):
        """Features that are texts."""
        return [name for name in self.features if not pd.api.types.is_numeric_dtype(self.train[name])
                and not pd.api.types.is_datetime64_any_dtype(self.train[name])]  # fmt: skip

    def numbers(self):
        """Return features of training and judged rows as tables of numbers: texts as codes, nulls as medians."""
        both = self.whole[self.features].copy()
        for name in self.features:
            if pd.api.types.is_datetime64_any_dtype(both[name]):
                both[name] = both[name].astype("int64") / 8.64e13
            elif name in self.texts:
                both[name] = pd.factorize(both[name])[0].astype(float)
            both[name] = both[name].astype(float).fillna(both[name].astype(float).median())
        return both[: len(self.train)], both[len(self.train) :].reset_index(drop=True)

    @property
    def respected(self):
        """Whether the split already goes by the group or the time that is declared."""
        return self.split in ("group", "time")


def as_plain(frame):
    """Return texts as objects, which older libraries expect."""
    texts = [name for name in frame.columns if str(frame[name].dtype) in ("str", "string")]
    return frame.astype(dict.fromkeys(texts, object))


def tell(name, said=(), columns=(), asked=True, why=""):
    """Print an answer."""
    print("TOLD " + json.dumps({"name": name, "said": [str(each)[:400] for each in said],
                                "columns": sorted({str(each) for each in columns}), "asked": asked, "why": why}),
          flush=True)  # fmt: skip


def ask_all(ask, deeds=()):
    """Put every question of a folder; a deed that the library has no word for cannot be asked about."""
    for folder in sorted(each for each in Path(sys.argv[1]).iterdir() if each.is_dir()):
        question = Question(folder)
        if question.deed and question.deed not in deeds:
            tell(question.name, asked=False, why="takes frames, not what is done with them")
            continue
        try:
            said, columns, *aside = ask(question)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            tell(question.name, asked=False, why=f"{type(error).__name__} in {where}: {str(error)[:200]}")
        else:
            tell(question.name, said, columns, why="; ".join(aside[0]) if aside else "")
    sys.stdout.flush()


def named(columns, text):
    """Return the columns that stand in a message."""
    return [name for name in columns if str(name) in text]


__all__ = ["Question", "ask_all", "named", "np", "pd", "tell"]
