"""Embed adds the vectors of a frozen encoder as a block column."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Embed, Evaluate, Pipeline, RandomSplit, Train
from mlsys.errors import ConfigurationError, ContractError, DataError
from mlsys.testing import check_step

TEXTS = ["late again", "arrived in time", None, "late again", "lost"]


def letters(texts):
    return np.array([[text.count(letter) for letter in "aeiou"] for text in texts], dtype=float)


def vectors(step, frame):
    return step.fit(frame).transform(frame)["embedding"].array.values


def test_vectors_are_the_encoders_and_null_is_zero():
    frame = pd.DataFrame({"text": TEXTS})
    made = vectors(Embed(letters, "text", batch=2), frame)
    expected = np.array([np.zeros(5) if text is None else letters([text])[0] for text in TEXTS])
    assert made.dtype == np.float32 and (made == expected).all()
    lengths = np.linalg.norm(vectors(Embed(letters, "text", normalize=True), frame), axis=1)
    assert lengths == pytest.approx([1, 1, 0, 1, 1])


def test_equal_texts_are_encoded_once_and_in_batches():
    asked = []

    def spy(texts):
        asked.append(list(texts))
        return letters(texts)

    vectors(Embed(spy, "text", batch=2), pd.DataFrame({"text": TEXTS}))
    assert asked == [["late again", "arrived in time"], ["lost"]]


@pytest.mark.parametrize("normalize", [False, True])
def test_sparse_vectors_stay_sparse(normalize):
    encoder = HashingVectorizer(n_features=64, norm=None)
    frame = pd.DataFrame({"text": TEXTS})
    made = vectors(Embed(encoder.transform, "text", normalize=normalize), frame)
    expected = encoder.transform([text or "" for text in TEXTS]).toarray()
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    assert made.shape == (5, 64) and hasattr(made, "tocsr")
    assert made.toarray() == pytest.approx(expected / np.where(lengths > 0, lengths, 1) if normalize else expected)


def test_an_object_with_encode_and_several_columns():
    class Model:
        def encode(self, rows):
            return csr_array(rows.to_numpy()) if isinstance(rows, pd.DataFrame) else letters(rows)

    frame = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 2.0], "text": ["a", "e"]})
    assert vectors(Embed(Model(), ["a", "b"]), frame).toarray().tolist() == [[1.0, 0.0], [0.0, 2.0]]
    assert vectors(Embed(Model(), "text"), frame)[:, :2].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_no_rows_have_vectors_of_the_same_width():
    empty = pd.DataFrame({"text": pd.Series([], dtype="str")})
    assert Embed(letters, "text").apply(empty)["embedding"].array.values.shape == (0, 5)


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        (lambda texts: np.zeros((1, 2)), r"shape \(1, 2\) for 3 rows"),
        (lambda texts: np.zeros(len(texts)), "one vector for each row"),
        (lambda texts: {"a": 1}, "no array of numbers"),
        (lambda texts: [[1.0], [1.0, 2.0], [3.0]], "no array of numbers"),
        (lambda texts: np.full((len(texts), 2), np.nan), "null or infinite"),
    ],
)
def test_an_encoder_that_returns_anything_else_is_refused(encoder, said):
    with pytest.raises(ContractError, match=said):
        vectors(Embed(encoder, "text"), pd.DataFrame({"text": TEXTS}))


def test_what_is_no_encoder_and_a_taken_name_are_refused():
    with pytest.raises(ConfigurationError, match="no function"):
        Embed(7, "text")
    with pytest.raises(ConfigurationError, match="no columns"):
        Embed(letters, [])
    with pytest.raises(DataError, match="creates a column 'y'"):
        vectors(Embed(letters, "text", into="y"), pd.DataFrame({"text": ["a"], "y": [1]}))


def test_it_keeps_the_promises_of_its_kind():
    frame = pd.DataFrame({"text": ["late again", "in time", "lost", "again"] * 10, "x": range(40)})
    assert not check_step(Embed(letters, "text"), frame, raise_on_failure=False).failed


def mail(count: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    words = {0: ["meeting", "report", "lunch"], 1: ["prize", "free", "win"]}
    y = rng.integers(0, 2, count)
    return pd.DataFrame({"text": [" ".join(rng.choice(words[each], 3)) for each in y], "y": y})


def test_an_encoder_before_the_split_serves_and_is_part_of_the_key(tmp_path):
    frame = mail()
    encoder = TfidfVectorizer().fit(["meeting report lunch", "prize free win"])
    runs = {
        name: Pipeline([Embed(each, "text"), RandomSplit(), Train(LogisticRegression()), Evaluate()], target="y").run(
            frame, track=False
        )
        for name, each in {"letters": letters, "words": encoder.transform}.items()
    }
    assert runs["words"].evaluation.part == "validation"
    assert runs["words"].frame("train")["embedding"].array.values.shape[1] == 6
    assert runs["letters"].frame("train")["embedding"].array.values.shape[1] == 5
    assert (runs["words"].model.predict(frame[["text"]])["prediction"] == frame["y"]).mean() > 0.95


def test_the_answers_of_an_earlier_model_are_vectors(tmp_path):
    frame = mail()
    frame["length"] = frame["text"].str.len()
    earlier = Pipeline([RandomSplit(), Train(LogisticRegression(), features=["length"])], target="y")
    earlier.run(frame, track=False, cache=False).save(tmp_path / "earlier")
    step = Embed(tmp_path / "earlier", ["length"], into="said", drop=False)
    made = step.fit(frame).transform(frame)["said"].array.values
    said = mlsys.load(tmp_path / "earlier").predict(frame[["length"]])
    assert made == pytest.approx(said[["probability_0", "probability_1"]].to_numpy(dtype=np.float32))
    assert step.edition() is not None


@pytest.mark.long
def test_a_model_by_reference_is_asked_by_the_served_model_in_another_process(tmp_path):
    frame = mail().assign(number=lambda rows: rows["y"] + np.arange(len(rows)) % 3)
    earlier = Pipeline([RandomSplit(), Train(LogisticRegression(), features=["number"])], target="y")
    earlier.run(frame, track=False, cache=False).save(tmp_path / "earlier")
    step = Embed(tmp_path / "earlier", ["number"], into="said", drop=False)
    later = Pipeline(
        [step, RandomSplit(), Train(LogisticRegression(), features=["number", "said"]), Evaluate()], target="y"
    ).run(frame, track=False, cache=False)
    later.save(tmp_path / "later")
    asks = (
        "import sys, pandas, mlsys; rows = pandas.DataFrame({'number': [0, 3]});"
        "print(mlsys.load(sys.argv[1]).predict(rows)['probability_1'].tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", asks, str(tmp_path / "later")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    here = later.model.predict(pd.DataFrame({"number": [0, 3]}))["probability_1"]
    assert json.loads(done.stdout.splitlines()[-1]) == pytest.approx(here.tolist())
    (tmp_path / "earlier").rename(tmp_path / "moved")
    served = subprocess.run(
        [sys.executable, "-c", asks, str(tmp_path / "later")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "there is no folder" in served.stderr and "'Embed'" in served.stderr


def test_vectors_stand_beside_other_features():
    frame = mail().assign(**dict.fromkeys("abc", 1.0))
    frame[list("abc")] += np.arange(len(frame))[:, None] % [5, 7, 11]
    steps = [Embed(letters, "text"), RandomSplit(), Train(LogisticRegression()), Evaluate()]
    run = Pipeline(steps, target="y").run(frame, track=False, cache=False)
    assert run.features.set_index("column").loc["embedding", "used"]


def test_a_tiny_sentence_transformer_with_weights_on_disk(tmp_path):
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed: untested")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    SentenceTransformer(modules=[modules.BoW(vocab=["late", "again", "lost"])], device="cpu").save(str(tmp_path))
    model = SentenceTransformer(str(tmp_path), device="cpu")
    made = vectors(Embed(model, "text"), pd.DataFrame({"text": ["late again", "lost", None]}))
    assert made.tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_a_torch_module_in_a_function(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed: its adapter is untested")
    torch.manual_seed(0)
    torch.save(torch.nn.Linear(5, 3).state_dict(), tmp_path / "weights.pt")

    def encode(texts):
        module = torch.nn.Linear(5, 3)
        module.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
        return module(torch.tensor(letters(texts), dtype=torch.float32))

    made = vectors(Embed(encode, "text"), pd.DataFrame({"text": TEXTS}))
    assert made.shape == (5, 3) and (made[2] == 0).all() and (made[0] == made[3]).all()


def test_encode_of_an_object_that_can_be_called_as_well_is_used():
    class Module:
        """As those of torch: a call takes tensors, not texts."""

        def __call__(self, tensors):
            raise TypeError("texts are no tensors")

        def encode(self, texts):
            return letters(texts)

    frame = pd.DataFrame({"text": TEXTS})
    assert (vectors(Embed(Module(), "text"), frame) == vectors(Embed(letters, "text"), frame)).all()
