"""What a model says that its features matter, as columns at the split from which steps made them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mlsys.execution.catalog import Catalog
from mlsys.steps import Fitted
from mlsys.steps.questions import predicts


def importances_at_split(after: Mapping[str, Fitted], catalog: Catalog) -> dict[str, float]:
    """Return the importances of the model among some steps, added up by the columns that the split left.

    Parameters
    ----------
    after : mapping of str to Fitted
        The steps behind the split, in order, by name.
    catalog : Catalog
        What each step made its columns of.
    """
    model = next((each for each in after.values() if predicts(each.step)), None)
    said = None if model is None or not predicts(model.step) else model.step.importances(model.state)
    found: dict[str, float] = {}
    for feature, importance in (said or {}).items():
        sources = _sources(feature, list(after), catalog)
        for source in sources:
            found[source] = found.get(source, 0.0) + importance / len(sources)
    return found


def _sources(feature: str, steps: list[str], catalog: Catalog) -> Collection[str]:
    """Return the columns of which a feature was made.

    A step that makes many columns of many is known to read all of them; where the name of a column begins with that of
    one it reads, it is made of that one.
    """
    columns = {feature}
    for step in reversed(steps):
        columns = set().union(*(_made_of(name, catalog.lineage.get((step, name))) for name in columns))
    return sorted(columns)


def _made_of(name: str, sources: Collection[str] | None) -> Collection[str]:
    if not sources:
        return {name}
    if name in sources:
        return {name}
    named = [each for each in sources if name.startswith(each) and not name[len(each) :][:1].isalnum()]
    return {max(named, key=len)} if named else sources
