"""Texts and what is computed of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import chi2
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection

from leakbench import worlds
from leakbench.case import ByHand, Case, Expected, Trial, case
from leakbench.cases.common import model, plain
from mlsys import Apply, Join

KIND = "texts and embeddings"
END: list[Any] = [Apply(TfidfVectorizer(min_df=5), columns=["note"]), model()]


def _on_notes(columns: Any = None, rows: pd.DataFrame | None = None, **how: Any) -> Trial:
    """Return a trial on notes with columns made of them; the text itself is left out."""
    rows = worlds.notes() if rows is None else rows
    return plain(rows, "refunded", columns=columns, exclude=["note"], **how)


@case(KIND, "word in a text", Expected((2,), "one word alone tells the target far better than any column",
                                       columns=("note",)), claim="not stated")  # fmt: skip
def word_written_afterwards(leaky: bool) -> Trial:
    """The clerk adds a word to the note once money was sent back; the twin has notes as they were before."""
    return plain(worlds.notes(telling=0.85 if leaky else 0.0), "refunded", end=END)


@case(KIND, "word in a text, in a third of rows", Expected((2,), "a word that only one class has, in a third of it",
                                                           columns=("note",)), claim="not stated")  # fmt: skip
def word_written_afterwards_now_and_then(leaky: bool) -> Trial:
    """The same, where the clerk remembers it in a third of the refunds."""
    return plain(worlds.notes(telling=0.35 if leaky else 0.0), "refunded", end=END)


@case(KIND, "fitted TfidfVectorizer", Expected((2,), "document frequencies were counted over all rows", ("Derive",)))
def vectorizer_of_all_notes(leaky: bool) -> Trial:
    """A function weighs words by a vectorizer that was fitted on all notes; the twin's on those of the year before."""
    known = worlds.notes() if leaky else worlds.notes(seed=93)
    words = TfidfVectorizer(max_features=40).fit(known["note"])
    columns = {
        f"word_{place}": lambda f, place=place: words.transform(f["note"])[:, [place]].toarray().ravel()
        for place in range(3)
    }
    return _on_notes(columns)


@case(KIND, "dict from word to rate", Expected((2,), "rates by word follow the target of all rows", ("Derive",)),
      claim="not stated")  # fmt: skip
def rates_of_words(leaky: bool) -> Trial:
    """A dict from word to the mean target of the notes that hold it, over all notes; the twin's of the year before."""
    known = worlds.notes() if leaky else worlds.notes(seed=93)
    counter = CountVectorizer(binary=True)
    held = counter.fit_transform(known["note"])
    rates = np.asarray((held.T @ known["refunded"].to_numpy()) / held.sum(axis=0)).ravel()
    by_word = dict(zip(counter.get_feature_names_out(), rates, strict=True))
    columns = {"mood": lambda f: f["note"].map(lambda note: np.mean([by_word.get(word, 0.4) for word in note.split()]))}
    return _on_notes(columns)


@case(KIND, "list of words chosen by target", Expected((2,), "names of words hold no number that could be compared",
                                                       ("Derive",)), claim="documented as missed")  # fmt: skip
def words_chosen_on_all_notes(leaky: bool) -> Trial:
    """The ten words that go best with the target over all notes are looked for; the twin looks for ten by name."""
    counter = CountVectorizer(binary=True)
    rows = worlds.notes()
    strength = chi2(counter.fit_transform(rows["note"]), rows["refunded"])[0]
    names = counter.get_feature_names_out()
    words = list(names[np.argsort(strength)[-10:]]) if leaky else list(names[:10])
    columns = {f"has_{word}": lambda f, word=word: f["note"].str.contains(word).astype(int) for word in words}
    return _on_notes(columns)


@case(KIND, "Join of embeddings", Expected((2,), "axes of an embedding of all notes equal no statistic", ("Join",)),
      claim="documented as missed")  # fmt: skip
def embedded_with_all_notes(leaky: bool) -> Trial:
    """Notes were embedded by axes found in all of them, and joined by id; the twin's axes are drawn by chance."""
    rows = worlds.notes()
    rows.insert(0, "ticket", np.random.default_rng(4).permutation(len(rows)) + 20_000)
    axes = TruncatedSVD(6, random_state=0) if leaky else GaussianRandomProjection(6, random_state=0)
    known = rows["note"] if leaky else worlds.notes(seed=93)["note"]
    values = make_pipeline(TfidfVectorizer(), axes).fit(known).transform(rows["note"])
    table = pd.DataFrame(values, columns=[f"axis_{place}" for place in range(6)]).assign(ticket=rows["ticket"])
    return _on_notes(rows=rows, before=[Join(table, on="ticket")], id="ticket",
                     by_hand=ByHand(lambda f: f.merge(table, on="ticket", how="left"), drop=("ticket",)))  # fmt: skip


@case(KIND, "column in the data, of neighbours' labels",
      Expected((2,), "each row's neighbours lend it their targets, judged ones too", columns=("alike",)),
      claim="documented as missed")  # fmt: skip
def labels_of_alike_notes(leaky: bool) -> Trial:
    """A column holds the mean target of the nine nearest notes, out of all; the twin's of those of the year before."""
    rows = worlds.notes()
    known = rows if leaky else worlds.notes(seed=93)
    words = TfidfVectorizer().fit(known["note"])
    near = NearestNeighbors(n_neighbors=10).fit(words.transform(known["note"]))
    places = near.kneighbors(words.transform(rows["note"]))[1]
    found = known["refunded"].to_numpy()[places[:, 1:]].mean(axis=1)
    return plain(rows.assign(alike=found), "refunded", exclude=["note"])


CASES: tuple[Case, ...] = (
    word_written_afterwards,
    word_written_afterwards_now_and_then,
    vectorizer_of_all_notes,
    rates_of_words,
    words_chosen_on_all_notes,
    embedded_with_all_notes,
    labels_of_alike_notes,
)
