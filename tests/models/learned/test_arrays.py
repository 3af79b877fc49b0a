"""An array has the dimensions and the type that its annotation says.

The type checker sees where one name is handed to another; what Polars or NumPy make is
`Any` to it, or of any shape. So arrays are looked at as they pass.
"""

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt
import pytest

from models.assessment import metrics, survey_design
from models.law.parameters import Law
from models.learned.arrays import Codes, Counts, Mask, Matrix, Vector
from models.learned.hyperparameters import SHIPPED
from tests.training.made_up import DAY, made_up
from training.fitting.fit import fit


@dataclass
class Passed:
    """Which annotated arrays passed, and how each that is not as its annotation says differs."""

    places: set[str] = field(default_factory=set)
    lies: set[str] = field(default_factory=set)

    def look(self, place: str, value: object, hint: object) -> None:
        """Hold a value to its annotation, and the values inside it to theirs."""
        hint = spelt_out(hint)
        origin, parts = typing.get_origin(hint), typing.get_args(hint)
        if origin is np.ndarray:
            self._compare(place, value, *parts)
        elif origin in (types.UnionType, typing.Union):
            known = map(spelt_out, parts)
            kinds = [h for h in known if (typing.get_origin(h) is np.ndarray) == is_array(value)]
            if len(kinds) == 1:
                self.look(place, value, kinds[0])
        elif origin is tuple and isinstance(value, tuple):
            hints = [parts[0]] * len(value) if parts[-1] is ... else parts
            for each, of in zip(value, hints, strict=True):
                self.look(place, each, of)
        elif origin in (dict, Mapping) and isinstance(value, Mapping):
            for each in value.values():
                self.look(place, each, parts[1])
        elif origin in (list, Sequence) and isinstance(value, list | tuple):
            for each in value:
                self.look(place, each, parts[0])

    def _compare(self, place: str, value: object, shape: object, dtype: object) -> None:
        self.places.add(place)
        shape = getattr(shape, "__value__", shape)
        lengths, (kind,) = typing.get_args(shape), typing.get_args(dtype)
        if not isinstance(value, np.ndarray):
            self.lies.add(f"{place}: a {type(value).__name__}")
        elif lengths[-1] is not ... and value.ndim != len(lengths):
            self.lies.add(f"{place}: {value.ndim} dimensions, not {len(lengths)}")
        elif kind is not typing.Any and not issubclass(value.dtype.type, kind):
            self.lies.add(f"{place}: {value.dtype}, not {kind.__name__}")


def spelt_out(hint: object) -> object:
    """Return what an alias of NumPy's stands for: from Python 3.12 on it is a type of its own."""
    alias = getattr(typing.get_origin(hint), "__value__", None)
    return hint if alias is None else alias[typing.get_args(hint)]


def is_array(value: object) -> bool:
    return isinstance(value, np.ndarray)


@contextmanager
def watched(*rooms: str) -> Iterator[Passed]:
    """Look at what every function of these packages takes and returns, and at every field."""
    passed, before = Passed(), sys.getprofile()

    def at_call(frame: types.FrameType, event: str, answer: object) -> None:
        if event not in ("call", "return"):
            return
        code, module = frame.f_code, frame.f_globals.get("__name__", "")
        if event == "call" and code.co_name == "__init__" and code.co_filename == "<string>":
            made = type(frame.f_locals["self"])
            if made.__module__.startswith(rooms):
                for name, hint in hints_of(made).items():
                    if frame.f_locals.get(name) is not None:
                        passed.look(
                            f"{made.__module__}.{made.__qualname__}.{name}",
                            frame.f_locals[name],
                            hint,
                        )
        elif module.startswith(rooms) and (function := running(frame)) is not None:
            hints = hints_of(function)
            place = f"{module}.{code.co_qualname}"
            if event == "return":
                if answer is not None:  # an exception leaves with None as well
                    passed.look(f"{place} returns", answer, hints.get("return"))
                return
            for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
                if frame.f_locals.get(name) is not None:
                    passed.look(f"{place}({name})", frame.f_locals[name], hints.get(name))

    sys.setprofile(at_call)
    try:
        yield passed
    finally:
        sys.setprofile(before)


@functools.cache
def hints_of(annotated: Callable | type) -> dict[str, object]:
    return typing.get_type_hints(annotated)


def running(frame: types.FrameType) -> types.FunctionType | None:
    """Return the function of a frame; None for one that was made inside another."""
    return _of_code(frame.f_code, frame.f_globals["__name__"])


@functools.cache
def _of_code(code: types.CodeType, module: str) -> types.FunctionType | None:
    at: object = sys.modules.get(module)
    for name in code.co_qualname.split("."):
        at = inspect.getattr_static(at, name, None)
        at = getattr(at, "fget", None) or getattr(at, "func", None) or at
        at = getattr(at, "__func__", at)
    at = inspect.unwrap(at) if callable(at) else at
    return at if isinstance(at, types.FunctionType) and at.__code__ is code else None


def test_whatever_passes_while_a_model_is_fitted_and_asked_is_what_its_annotation_says():
    few = replace(
        SHIPPED, **{f.name: replace(getattr(SHIPPED, f.name), trees=3) for f in fields(SHIPPED)}
    )
    labels, law = made_up(120, np.arange(120) % 6 > 0), Law(DAY)
    with watched("models.", "training.") as passed:
        fitted = fit(labels, law=law, seed=1, generator=np.random.default_rng(1), hyper=few)
        fitted.models.predict(labels.population, law, ())
        arm, weights = fitted.inspected, fitted.inspected.weights
        drawn = metrics.draws(arm.households, np.random.default_rng(1), replicas=5)
        metrics.auc_with_interval(arm.confirmed, arm.margin, weights, drawn)
        design = survey_design.Design.of(labels.survey, np.ones(labels.survey.height))
        survey_design.ratio(arm.confirmed, np.ones(len(arm.confirmed)), design)
    assert passed.lies == set()
    assert len(passed.places) > 200


def flat(rows: Matrix) -> Vector:
    return rows


def whose(chosen: Mask) -> Codes | None:
    return chosen if chosen.any() else None


def pair(counts: Counts, **of: Vector) -> tuple[Counts, list[Vector]]:
    return counts, list(of.values())


def whatever(values: npt.NDArray[typing.Any]) -> None:
    assert len(values)


@dataclass(frozen=True)
class Scored:
    score: Vector
    weights: Vector | None = None


TABLE, LINE = np.zeros((2, 3)), np.zeros(2)


@pytest.mark.parametrize(
    ("call", "lie"),
    [
        (lambda: flat(TABLE), "flat returns: 2 dimensions, not 1"),
        (lambda: flat(LINE), "flat(rows): 1 dimensions, not 2"),
        (lambda: whose(LINE), "whose(chosen): float64, not bool"),
        (lambda: whose(LINE == 0), "whose returns: bool, not int64"),
        (lambda: pair(LINE), "pair returns: float64, not int64"),
        (lambda: pair(np.arange(2), a=TABLE), "pair returns: 2 dimensions, not 1"),
        (lambda: Scored(TABLE), "Scored.score: 2 dimensions, not 1"),
        (lambda: Scored(LINE, LINE > 0), "Scored.weights: bool, not float64"),
        (lambda: Scored(LINE.tolist()), "Scored.score: a list"),
    ],
)
def test_an_annotation_that_does_not_hold_is_seen(call, lie):
    with watched(__name__) as passed:
        call()
    assert f"{__name__}.{lie}" in passed.lies


def test_what_is_as_its_annotation_says_is_let_pass():
    with watched(__name__) as passed:
        whose(LINE > 0)
        pair(np.arange(2)), pair(np.zeros((2, 2), dtype=np.int64))
        Scored(LINE), Scored(LINE, LINE), whatever(TABLE), whatever(LINE > 0)
    assert passed.lies == set()
    assert len(passed.places) == 6
