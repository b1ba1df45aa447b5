"""Ways that make rows of their own: mixtures of two rows, and texts from templates."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._ways import changeable
from mlsys.values import Kind, like, plain, values_of, with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Values = NDArray[np.float64]


@dataclass(frozen=True)
class Mixup:
    """Mix each row with another: numbers and targets in between, other values from one of both.

    Parameters
    ----------
    alpha : float
        How even mixtures are: their shares follow a beta distribution with both parameters ``alpha``. Small: nearly one
        of both rows; 1: any share alike.
    target : {"mix", "draw"}, optional
        Whether the target is mixed, as of numbers with fractions by default, or drawn from one of both rows with the
        share as chance. A drawn class has the expected loss of a soft label (Zhang et al. 2018).

    Raises
    ------
    DataError
        If there is no target, or a target without numbers is to be mixed.

    References
    ----------
    Zhang, H., Cisse, M., Dauphin, Y. and Lopez-Paz, D. (2018). mixup: beyond empirical risk minimization. ICLR.

    Examples
    --------
    >>> Mixup(0.2)
    Mixup(alpha=0.2, target=None)
    """

    alpha: float = 0.2
    target: Literal["mix", "draw"] | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        if not (np.isfinite(self.alpha) and self.alpha > 0):
            raise ConfigurationError(f"Mixup: alpha={self.alpha} is not above 0", "write alpha=0.2, for example")

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return the copies, each mixed with a row drawn by chance."""
        if train.roles.target is None:
            raise DataError(f"{who}: Mixup needs one target", "name it: target=")
        partner = pd.DataFrame(train).iloc[rng.integers(0, len(train), len(copies))]
        share = rng.beta(self.alpha, self.alpha, len(copies))
        held = values_of(train.y)
        mixes = self.target or ("mix" if held.kind is Kind.NUMBER and not held.whole else "draw")
        if mixes == "mix" and held.kind is not Kind.NUMBER:
            raise DataError(
                f"{who}: Mixup cannot mix the target {train.y.name!r}, which holds {held}", 'write target="draw"'
            )
        first = rng.random(len(copies)) < share
        made = {}
        for name in (*train.X.columns, train.roles.target):
            one, other = copies[name], partner[name].set_axis(copies.index)
            is_target = name == train.roles.target
            between = mixes == "mix" if is_target else values_of(train[name]).kind is Kind.NUMBER
            made[str(name)] = _between(one, other, share) if between else one.where(first, other)
        return with_columns(copies, made)


def _between(one: pd.Series, other: pd.Series, share: Values) -> pd.Series:
    first, second = (plain(each).to_numpy(dtype=np.float64, na_value=np.nan) for each in (one, other))
    return like(pd.Series(share * first + (1 - share) * second, index=one.index, name=one.name), one)


@dataclass(frozen=True)
class Templates:
    """Write texts from templates, with their labels.

    Parameters
    ----------
    column : str
        Column of text to write.
    templates : dict of str to object
        For each template its label: ``{"The {thing} broke after a {time}.": "complaint"}``.
    words : dict of str to list of str
        For each name in braces the words to put there.

    Raises
    ------
    ConfigurationError
        If a template names what ``words`` does not have.
    DataError
        If there is no target, or the column is missing.

    Notes
    -----
    A template is drawn for each made row, evenly, and a word for each name. All other features of the row are null.
    Useful where a class has few texts, and for what must not be missed (Ribeiro et al. 2020).

    Examples
    --------
    >>> Templates("text", {"The {thing} broke.": "complaint"}, {"thing": ["lid", "lamp"]}).column
    'text'
    """

    column: str
    templates: Mapping[str, Any]
    words: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        """Check that each name has words."""
        if not self.templates:
            raise ConfigurationError("Templates got no templates", 'write {"The {thing} broke.": "complaint"}')
        for template in self.templates:
            named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
            absent = sorted(name for name in named if isinstance(self.words.get(name, ""), str) or not self.words[name])
            if absent:
                raise ConfigurationError(
                    f"Templates: {template!r} names {absent[0]!r}, for which words= has no list",
                    f'write words={{"{absent[0]}": ["...", "..."]}}',
                )

    def changed(self, copies: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str, /) -> pd.DataFrame:
        """Return rows with texts and labels of templates, and nulls beside."""
        if train.roles.target is None:
            raise DataError(f"{who}: Templates needs one target, for the labels", "name it: target=")
        (column,) = changeable(self.column, train, who)
        drawn = [list(self.templates)[place] for place in rng.integers(0, len(self.templates), len(copies))]
        texts = [
            template.format(**{name: words[int(rng.integers(len(words)))] for name, words in self.words.items()})
            for template in drawn
        ]
        labels = pd.Series([self.templates[template] for template in drawn], index=copies.index, name=train.y.name)
        emptied = {
            name: pd.Series(copies[name].array.take(np.full(len(copies), -1), allow_fill=True), index=copies.index)
            if copies[name].dtype.kind not in "biu" else pd.Series(np.nan, index=copies.index)
            for name in train.X.columns if name != column
        }  # fmt: skip
        text = like(pd.Series(texts, index=copies.index, name=column, dtype="str"), copies[column])
        return with_columns(
            copies, {**emptied, **{column: text, train.roles.target: like(labels, copies[train.roles.target])}}
        )
