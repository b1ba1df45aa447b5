"""Files in skops format made on purpose: nothing that is not on the list is imported, called or built."""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy
import sklearn
import skops.io
from packaging.version import Version
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from mlsys.errors import StateError
from mlsys.states import ALLOWED_TYPES
from mlsys.states.allowed import dump_estimator, load_estimator

RAN = "somebody-was-here"


def text(value: str) -> dict[str, Any]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(value)}


def several(*items: Any, kind: str = "tuple") -> dict[str, Any]:
    loader = {"tuple": "TupleNode", "list": "ListNode"}[kind]
    return {"__class__": kind, "__module__": "builtins", "__loader__": loader, "content": list(items)}


def mapping(content: dict[str, Any], keys: list[Any] | None = None) -> dict[str, Any]:
    names = several(*(keys or [named("builtins", "str", "TypeNode")] * len(content)), kind="list")
    return {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "key_types": names,
            "content": content}  # fmt: skip


def named(module: str, name: str, loader: str, **more: Any) -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader, **more}


NOTHING = {"__class__": "NoneType", "__module__": "builtins", "__loader__": "JsonNode", "content": "null"}
COMMAND = text(f"touch {RAN}")
SYSTEM = named("os", "system", "FunctionNode")
RUN_TEXT = named("builtins", "exec", "FunctionNode")


def half(function: Any) -> dict[str, Any]:
    content = {"func": function, "args": several(COMMAND), "kwds": mapping({}), "namespace": NOTHING}
    return named("functools", "partial", "PartialNode", content=content)


MADE = {
    "a function": SYSTEM,
    "a function called at once": named("os", "system", "ConstructorFromReduceNode", content=several(COMMAND)),
    "text run at once": named("builtins", "exec", "ConstructorFromReduceNode", content=several(COMMAND)),
    "half a function": half(SYSTEM),
    "half a function that runs text": half(RUN_TEXT),
    "a function as a list": named("os", "system", "ListNode", content=[COMMAND]),
    "a function as a tuple": named("os", "system", "TupleNode", content=[COMMAND]),
    "a function as a set": named("os", "system", "SetNode", content=[COMMAND]),
    "a function as a dictionary": {**mapping({}), "__class__": "system", "__module__": "os"},
    "a function as the type of a key": mapping({f"touch {RAN}": NOTHING}, [named("os", "system", "TypeNode")]),
    "a function among functions as the type of a key": mapping({f"touch {RAN}": NOTHING}, [SYSTEM]),
    "a method": named(
        "builtins", "str", "MethodNode", content={"func": "format", "obj": named("builtins", "str", "JsonNode",
                                                                                 content='"x"')}
    ),
    "an operator": named("operator", "methodcaller", "OperatorFuncNode", attrs=several(text("system"))),
    "an object of another kind": named("subprocess", "Popen", "ObjectNode", content=mapping({"args": COMMAND})),
    "a process started at once": named("subprocess", "Popen", "ConstructorFromReduceNode", content=several(COMMAND)),
    "a tree that is another thing": named("os", "system", "TreeNode", content=mapping({}),
                                          __reduce__={"args": several(COMMAND)}),
    "a loss that is another thing": named("os", "system", "LossNode", content=mapping({}),
                                          __reduce__={"args": several(COMMAND)}),
    "a module nobody imported": named("antigravity", "Thing", "ObjectNode", content=mapping({})),
    "a loader nobody knows": named("os", "system", "PickleNode", content="x"),
    "a reference to nothing": named("os", "system", "CachedNode", __id__=7),
    "an estimator around it": named(
        "sklearn.preprocessing._function_transformer", "FunctionTransformer", "ObjectNode",
        content=mapping({"func": SYSTEM, "inverse_func": half(SYSTEM)}),
    ),
    "a distribution, which runs text": named(
        "scipy.stats._continuous_distns", "norm_gen", "ObjectNode",
        content=mapping({"_parse_arg_template": text(f"open({RAN!r}, 'w')")}),
    ),
    "a generator of another kind": named("os", "system", "RandomStateNode", content=mapping({"x": COMMAND})),
    "a type of numpy that is another thing": named("os", "system", "DTypeNode", content=COMMAND),
}  # fmt: skip


def packed(schema: Any, protocol: int, **files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps({**schema, "protocol": protocol, "_skops_version": "0.16.0"}))
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def nothing_ran() -> Iterator[None]:
    yield
    assert not Path(RAN).exists()
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("protocol", [0, 1, 2, 99])
@pytest.mark.parametrize("name", MADE)
def test_a_file_made_on_purpose_is_refused(name: str, protocol: int) -> None:
    with pytest.raises(StateError, match="not on the list|cannot be read") as caught:
        load_estimator(packed(MADE[name], protocol), "steps/04/state/0.skops")
    assert "steps/04/state/0.skops" in caught.value.problem


@pytest.mark.parametrize("name", ["a function called at once", "a function as the type of a key"])
def test_such_a_file_would_do_harm_if_it_were_trusted(name: str) -> None:
    """Else the test above would prove nothing."""
    skops.io.loads(packed(MADE[name], 2), trusted=["os.system"])
    assert Path(RAN).exists()
    Path(RAN).unlink()


def test_a_pickle_inside_an_array_is_not_read() -> None:
    class Planted:
        def __reduce__(self) -> Any:
            return exec, (f"open({RAN!r}, 'w')",)

    content = io.BytesIO()
    np.save(content, np.array([Planted()], dtype=object), allow_pickle=True)
    schema = named("numpy", "ndarray", "NdArrayNode", type="numpy", file="a.npy")
    for array in (content.getvalue(), pickle.dumps(Planted())):
        with pytest.raises(StateError, match="cannot be read"):
            load_estimator(packed(schema, 2, **{"a.npy": array}))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all", pickle.dumps([1])])
def test_what_is_no_skops_file_is_refused(data: bytes) -> None:
    with pytest.raises(StateError, match="cannot be read"):
        load_estimator(data)


def changed(data: bytes, *pairs: tuple[str, str]) -> bytes:
    """Return a file whose schema says something else."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = archive.read("schema.json").decode()
        files = {name: archive.read(name) for name in archive.namelist() if name != "schema.json"}
    for old, new in pairs:
        assert old in schema
        schema = schema.replace(old, new)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {"schema.json": schema.encode(), **files}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_file_of_another_scikit_learn_is_refused_with_its_version() -> None:
    """Private types move between versions: boosting stored with 1.7 names ``_loss.CyHalfBinomialLoss``."""
    data = dump_estimator(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    moved = ("sklearn.linear_model._logistic", "sklearn.linear_model._moved")
    older = changed(data, moved, (f'\\"{sklearn.__version__}\\"', '\\"1.2.3\\"'))
    with pytest.raises(StateError, match=r"not on the list|cannot be read") as caught:
        load_estimator(older)
    assert f"written with scikit-learn 1.2.3 and this is {sklearn.__version__}" in caught.value.remedy
    with pytest.raises(StateError) as caught:
        load_estimator(changed(data, moved))
    assert "written with" not in caught.value.remedy


def test_half_a_function_is_judged_by_the_function() -> None:
    import functools

    fine = FunctionTransformer(functools.partial(np.mean, axis=1)).fit(np.ones((2, 2)))
    assert load_estimator(dump_estimator(fine)).transform(np.ones((2, 2))).tolist() == [1.0, 1.0]
    for function in (eval, print, Path.unlink, np.load, np.fromfile):
        with pytest.raises(StateError, match=r"not on the list|cannot be stored"):
            dump_estimator(FunctionTransformer(functools.partial(function)))


@pytest.mark.skipif(
    Version(sklearn.__version__) < Version("1.9"), reason="the list names types that came with scikit-learn 1.9"
)
def test_every_name_on_the_list_is_exact_and_there() -> None:
    import importlib

    new_scipy = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 18)
    absent = {
        "scipy._lib.array_api_compat.numpy._aliases.asarray" if new_scipy else "scipy.interpolate._bsplines._BSpline"
    }
    for name in sorted(ALLOWED_TYPES - absent):
        module, _, attribute = name.rpartition(".")
        if module.partition(".")[0] in {"lightgbm", "xgboost", "catboost"}:
            pytest.importorskip(module.partition(".")[0])
        assert hasattr(importlib.import_module(module), attribute), name


def test_the_list_is_asked_for_every_file_alone() -> None:
    """A file that was refused leaves no trust behind for the next."""
    good = dump_estimator(LogisticRegression())
    with pytest.raises(StateError):
        load_estimator(packed(MADE["a function"], 2))
    assert load_estimator(good).get_params() == LogisticRegression().get_params()
    assert skops.io.get_untrusted_types(data=good) == []
