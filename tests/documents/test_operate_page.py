"""docs/operate.md names every variable, option and counter as they are."""

import re

import click

from serving import metrics
from serving.commands import tarazy
from tests.walks.walk import ROOT

PAGE = (ROOT / "docs" / "operate.md").read_text("utf-8")
SET = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
READ = re.compile(r'environ\.get\(\s*"([A-Z_]+)"|"([A-Z_]+)" (?:not )?in os\.environ')


def test_every_variable_that_is_read_is_named_and_those_to_set_are_read():
    read = {
        name
        for top in ("features", "models", "training", "serving")
        for path in (ROOT / top).rglob("*.py")
        for pair in READ.findall(path.read_text("utf-8"))
        for name in pair
        if name
    }
    assert {name for name in read if f"`{name}`" not in PAGE} == set()
    assert set(SET.findall(PAGE)) <= read
    assert {"TARAZY_HOME", "MLFLOW_TRACKING_URI"} <= read


def test_every_option_of_serve_is_named_with_its_default():
    serve = tarazy.get_command(click.Context(tarazy), "serve")
    options = {p.opts[0]: p.default for p in serve.params if isinstance(p, click.Option)}
    rows = dict(re.findall(r"^\| `(--[\w-]+)` \| (.*?) \|", PAGE, re.MULTILINE))
    assert set(rows) == set(options)
    for option, shown in rows.items():
        if shown.startswith("`"):
            assert shown.strip("`") == str(options[option])
        else:
            assert not isinstance(options[option], (int, str)) or options[option] is False, option


def test_every_counter_is_named():
    counters = (
        metrics.REQUESTS,
        metrics.SECONDS,
        metrics.DECISIONS,
        metrics.SHADOW,
        metrics.SHADOW_CHANGES,
    )
    exposed = metrics.exposition().decode()
    for counter in counters:
        name = counter.describe()[0].name
        shown = name if name.endswith("_seconds") else f"{name}_total"
        assert f"`{shown}`" in PAGE
        assert f"# TYPE {shown} " in exposed
