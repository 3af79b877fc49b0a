"""A feature that cannot explain itself is refused before release."""

import polars as pl
import pytest

from features.declare import Block, derived, feature
from features.errors import DeclarationError
from features.units import Unit

GOOD = {"block": Block.MATERIAL, "unit": Unit.COUNT, "direction": 0, "basis": "an act"}


def test_a_feature_without_a_docstring_is_refused():
    with pytest.raises(DeclarationError, match="auditors' text"):

        @feature(source="vehicles", empty=0, **GOOD)
        def nameless(as_of):
            return pl.len()


def test_a_feature_of_a_register_that_training_alone_may_read_is_refused():
    with pytest.raises(DeclarationError, match="no register that a score may read"):

        @feature(source="inspections", empty=0, **GOOD)
        def peeking(as_of):
            """Inspections."""
            return pl.len()


def test_a_feature_declared_twice_is_refused():
    with pytest.raises(DeclarationError, match="twice"):

        @feature(source="persons", empty=0, **GOOD)
        def members(as_of):
            """Members once more."""
            return pl.len()


def test_a_derived_feature_of_something_undeclared_is_refused():
    with pytest.raises(DeclarationError, match="not declared before it"):

        @derived(**GOOD)
        def wishful(as_of):
            """Something that rests on nothing."""
            return pl.col("no_such_feature") + 1


def test_a_feature_needs_the_act_that_allows_it():
    with pytest.raises(DeclarationError, match="act that lets us"):

        @feature(source="vehicles", empty=0, **(GOOD | {"basis": ""}))
        def baseless(as_of):
            """Vehicles without a ground."""
            return pl.len()
