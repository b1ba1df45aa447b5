"""Keyword functions on 100,000 texts: prints seconds and a digest of the votes as JSON; way and data are arguments."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

WORDS = ("free", "call", "txt", "claim", "prize")


def main() -> None:
    """Measure."""
    way, folder, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    texts = pd.read_csv(folder / "sms_rules" / "train.csv", encoding="latin-1")["v2"].astype(str)
    frame = pd.DataFrame({"text": texts.sample(rows, replace=True, random_state=0).to_numpy()})
    if way == "snorkel":
        from snorkel.labeling import LabelingFunction, PandasLFApplier

        def has(row: pd.Series, word: str) -> int:
            return 1 if word in row["text"].lower() else -1

        functions = [LabelingFunction(f"has_{word}", has, resources={"word": word}) for word in WORDS]
        applier = PandasLFApplier(functions)
        begin = time.process_time()
        votes = applier.apply(frame, progress_bar=False)
    else:
        from mlsys.labeling import cast_votes, keyword

        made = [keyword("text", word, 1) for word in WORDS]
        cast_votes(made, frame.head(), keep=False)
        begin = time.process_time()
        votes = cast_votes(made, frame, keep=False).votes.notna().to_numpy().astype(int) * 2 - 1
    seconds = time.process_time() - begin
    print(json.dumps({"cpu": seconds, "votes": hashlib.sha256(votes.astype(np.int8).tobytes()).hexdigest()[:12]}))


if __name__ == "__main__":
    main()
