"""The meaning of the values of a column, whatever type holds them."""

from mlsys.values.block import BlockArray, BlockDtype, blocks_among, matrix_of
from mlsys.values.columns import with_columns
from mlsys.values.damaged import jittered, like, mistyped, noisy, nulled, takes_damage
from mlsys.values.kinds import (
    EXACT_IN_FLOAT,
    NUMERIC,
    TIMES,
    Kind,
    Values,
    is_of_type,
    meaning_of,
    of_pieces,
    values_by_column,
    values_of,
)
from mlsys.values.matching import Unlike, as_values_like, by_value, refuse_unlike, refused
from mlsys.values.moments import iso_moments, moments_of, most_iso_moments, moved, nanoseconds, ranks
from mlsys.values.numbered import Levels, Numbered, cut_from, number_as, numbered_texts
from mlsys.values.plain import plain, plain_frame, told_apart

__all__ = [
    "EXACT_IN_FLOAT",
    "NUMERIC",
    "TIMES",
    "BlockArray",
    "BlockDtype",
    "Kind",
    "Levels",
    "Numbered",
    "Unlike",
    "Values",
    "as_values_like",
    "blocks_among",
    "by_value",
    "cut_from",
    "is_of_type",
    "iso_moments",
    "jittered",
    "like",
    "matrix_of",
    "meaning_of",
    "mistyped",
    "moments_of",
    "most_iso_moments",
    "moved",
    "nanoseconds",
    "noisy",
    "nulled",
    "number_as",
    "numbered_texts",
    "of_pieces",
    "plain",
    "plain_frame",
    "ranks",
    "refuse_unlike",
    "refused",
    "takes_damage",
    "told_apart",
    "values_by_column",
    "values_of",
    "with_columns",
]
