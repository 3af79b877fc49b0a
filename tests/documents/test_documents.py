"""What the documents show, name and point to is there."""

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from serving.api.examples import AS_OF, FAMILY
from serving.commands import VERBS, tarazy
from serving.requests.request import ROW_REGISTERS
from tests.documents import house_map
from tests.documents.shown import README, Untrue, answer_to, documents, outputs_of, refreshed
from tests.walks.walk import AUDITOR, COUNTRY, PILOT, ROOT, examples, masked

WALKS = (COUNTRY, AUDITOR, PILOT)
PAGES = pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
KINDS = {"console", "sh", "python", "json", "yaml", "text", ""}
"""``console``: commands with what they print; ``sh``: commands alone; the others are looked at."""
_ELSEWHERE = ("http://", "https://", "mailto:")


def blocks(page, kind):
    """The code blocks of one kind on a page."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def without_blocks(page):
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


@PAGES
def test_what_a_document_shows_of_a_command_is_what_a_walk_says_it_prints(page):
    whole = outputs_of(page)
    for example in examples(page):
        if example.is_request:
            continue
        assert example.command in whole, f"$ {example.command} stands in no walk of {page.name}"
        try:
            now = refreshed(example.output, whole[example.command])
        except Untrue as untrue:
            pytest.fail(f"{page.name}, line {example.place[0] + 1}, $ {example.command}: {untrue}")
        assert example.output == now, f"`python -m tests.walks` mends the numbers of {page.name}"


def test_every_request_of_the_documents_gets_the_answer_that_stands_under_it(server_url):
    sent = 0
    for page in documents():
        for example in examples(page):
            if not example.is_request:
                continue
            sent += 1
            try:
                now = refreshed(example.output, answer_to(example, server_url))
            except Untrue as untrue:
                pytest.fail(f"{page.name}, line {example.place[0] + 1}: {untrue}")
            assert masked(now) == masked(example.output)
    assert sent


@PAGES
def test_a_block_of_a_document_is_of_a_kind_that_is_tested(page):
    opened = re.findall(r"^```(\w*)$", page.read_text("utf-8"), re.MULTILINE)
    assert set(opened) <= KINDS
    assert not any(line.startswith("$ ") for block in blocks(page, "sh") for line in block)


@PAGES
def test_every_command_that_a_document_names_can_be_given(page):
    text = page.read_text("utf-8")
    named = re.findall(r"`(tarazy [^`]+)`", without_blocks(page))
    for block in (*blocks(page, "sh"), *blocks(page, "console")):
        named += re.findall(r"^(?:\$ )?(tarazy .*?)(?:\s+#.*)?$", block, re.MULTILINE)
    for command in named:
        _can_be_given(command)
    rules = re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    targets = set(" ".join(rules).split())
    for target in re.findall(r"\bmake ([a-z-]+)\b(?=[`\s]*(?:[`#A-Z]|$))", text, re.MULTILINE):
        assert target in targets, f"make {target}"
    for module in re.findall(r"python -m ([\w.]+)", text):
        if module.startswith(("features", "models", "training", "serving", "tarazy", "tests")):
            place = ROOT / module.replace(".", "/")
            assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), module


def _can_be_given(command):
    """The verb is one, and each option of the command is one of the verb's."""
    _, *words = shlex.split(command.replace("…", ""), comments=True)
    if not words or words[0].startswith("-"):
        return
    verb, *rest = words
    assert verb in VERBS, command
    known = tarazy.get_command(click.Context(tarazy), verb)
    options = {name for p in known.params for name in p.opts} | {"--help", "-h"}
    for word in rest:
        if word.startswith("--"):
            assert word.split("=")[0] in options, f"{command}: {word} is no option of {verb}"


@PAGES
def test_every_link_of_a_document_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page)):
        if target.startswith(_ELSEWHERE):
            continue
        path, _, place = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if place:
            assert place in _headings(file), f"{page.name}: {target}"


def _headings(page):
    """The anchors of a page, as a reader of Markdown makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@PAGES
def test_every_file_that_a_document_names_is_there(page):
    """A name in code type that begins with one of our folders is a file, a folder or a module."""
    ours = ("features", "models", "training", "serving", "tarazy", "tests", "docs")
    for name in re.findall(r"`([^`\s]+)`", without_blocks(page)):
        path, _, test = name.partition("::")
        if "*" in path or "<" in path or path.split("/")[0].split(".")[0] not in ours:
            continue
        if "/" in path:
            file = ROOT / path
            assert file.exists(), f"{page.name}: {name}"
            if test:
                assert f"def {test}(" in file.read_text("utf-8"), f"{page.name}: {name}"
        elif "." in path:
            assert _is_module(path), f"{page.name}: {name}"


def _is_module(dotted):
    """A package, a module, or a name that a module defines."""
    place = ROOT / dotted.replace(".", "/")
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    module, _, name = dotted.rpartition(".")
    file = (ROOT / module.replace(".", "/")).with_suffix(".py")
    if not file.is_file():
        file = ROOT / module.replace(".", "/") / "__init__.py"
    return (
        file.is_file() and re.search(rf"\b{re.escape(name)}\b", file.read_text("utf-8")) is not None
    )


@PAGES
def test_the_python_of_a_document_runs_beside_the_walk(page, walk, monkeypatch):
    monkeypatch.chdir(walk.folder)
    monkeypatch.setenv("TARAZY_HOME", "var")
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), {})


def test_the_readme_is_read_in_one_sitting():
    assert len(README.read_text("utf-8").splitlines()) < 250
    assert README.stat().st_size < 14 * 1024


def test_the_readme_names_every_package_or_the_one_that_it_stands_in():
    named = set(
        re.findall(
            r"`((?:features|models|training|serving|tarazy)[\w.]*)`", README.read_text("utf-8")
        )
    )
    for top in ("features", "models", "training", "serving", "tarazy"):
        for init in (ROOT / top).rglob("__init__.py"):
            package = ".".join(init.parent.relative_to(ROOT).parts)
            parents = [package.rsplit(".", n)[0] for n in range(package.count(".") + 1)]
            assert package in ("models", "serving") or named & set(parents), package


def test_the_family_of_the_documents_is_that_of_the_pages_with_every_register_answering():
    sent = json.loads((ROOT / "docs" / "family.json").read_text("utf-8"))
    household = FAMILY | {name: [] for name in ROW_REGISTERS if name not in FAMILY}
    assert sent == {"as_of": AS_OF, "household": household}


def test_the_map_is_the_tree_with_one_line_for_each_file():
    assert house_map.MAP.read_text("utf-8") == house_map.page()
    for line in house_map.tree().splitlines():
        assert len(line.split(maxsplit=1)) == 2 or line.endswith("/"), line


def test_every_walk_is_shown_somewhere():
    shown = {e.command for page in documents() for e in examples(page)}
    for walk in WALKS:
        assert shown & {e.command for e in examples(walk)}, Path(walk).name
