"""2,000 made messages, as ``messages.csv``: ``text`` and what it is, ``spam`` or ``ham``."""

import random

import pandas as pd

draw = random.Random(0)
ham = ["see you at home", "call me later", "lunch at noon", "thanks for today", "home by six", "running late"]
spam = ["you won a prize", "free entry, reply now", "claim your prize", "free ringtone", "urgent: reply to win"]
kinds = [draw.choice(["ham", "ham", "spam"]) for _ in range(2_000)]
texts = [f"{draw.choice(spam if kind == 'spam' else ham)} {draw.choice(['http://x.y', 'ok', '!'])}" for kind in kinds]
pd.DataFrame({"text": texts, "kind": kinds}).to_csv("messages.csv", index=False)
