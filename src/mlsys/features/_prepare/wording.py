"""Description of what Prepare does, in one sentence for card and plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

_HOW = {
    "OneHot": "one-hot",
    "Categories": "as categories",
    "TargetEncode": "by target",
    "words": "as words",
    "characters": "by characters",
}


def in_words(state: Mapping[str, Any]) -> str:
    """Describe what is done to the columns.

    Examples
    --------
    >>> steps = [{"step": "OneHot", "config": {"columns": ["a", "b"]}, "state": []}]
    >>> in_words({"dropped": [{"column": "id", "why": "counts the rows"}], "steps": steps})
    '2 one-hot; `id` left out: counts the rows'
    >>> clean = {"step": "Clean", "config": {"numbers": {"price": ","}, "truths": ["smoker"]}, "state": {}}
    >>> in_words({"dropped": [], "steps": [clean]})
    '`price` read as numbers with a decimal comma; `smoker` read as truth values'
    """
    counts, moments = [], []
    hows: dict[str, list[str]] = defaultdict(list)
    for each in state["steps"]:
        how = each["config"].get("by", "characters") if each["step"] == "TextComponents" else each["step"]
        for column in each["config"].get("columns") or () if how in _HOW else ():
            hows[column].append(_HOW[how])
        if each["step"] == "Clean":
            moments += _read(each["config"])
        if each["step"] == "DateParts":
            moments += [f"`{made['column']}` as {_listed(_parts(made))}" for made in each["state"]]
    for how in dict.fromkeys(" and ".join(each) for each in hows.values()):
        counts.append(f"{sum(' and '.join(each) == how for each in hows.values())} {how}")
    said = [", ".join(counts), *moments, *_dropped(state["dropped"])]
    return "; ".join(part for part in said if part) or "numbers as they are"


def _read(config: Mapping[str, Any]) -> list[str]:
    """Say which texts are read as something else."""
    texts: dict[str, list[str]] = defaultdict(list)
    for name, point in config["numbers"].items():
        texts["numbers" if point == "." else "numbers with a decimal comma"].append(f"`{name}`")
    texts["truth values"] = [f"`{name}`" for name in config["truths"]]
    return [f"{_listed(names)} read as {what}" for what, names in texts.items() if names]


def _parts(made: Mapping[str, Any]) -> list[str]:
    days = ["days"] if made["age"] else []
    return [*days, *made["parts"]]


def _dropped(dropped: list[dict[str, str]]) -> list[str]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for each in dropped:
        by_reason[each["why"]].append(f"`{each['column']}`")
    return [f"{_listed(names)} left out: {why}" for why, names in by_reason.items()]


def _listed(words: list[str], most: int = 3) -> str:
    shown = words if len(words) <= most + 2 else [*words[:most], f"{len(words) - most} more"]
    return ", ".join(shown)
