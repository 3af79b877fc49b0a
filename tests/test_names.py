"""Names are the field's own terms: four words that could mean anything name nothing here."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VAGUE = {"told", "found", "said", "asked"}
"""Good words for a sentence; as a name each once stood for nineteen types."""


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name that a module gives to something: where, and which."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store() | ast.Del()):
                yield node.lineno, node.id
            case ast.Attribute():
                yield node.lineno, node.attr
            case ast.keyword(arg=str(name)):
                yield node.value.lineno, name
            case ast.alias():
                yield node.lineno, (node.asname or node.name).rpartition(".")[2]
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name


def modules() -> list[Path]:
    """Every Python file that git tracks or would."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split() if (path := ROOT / name).is_file()]


def vague(text: str) -> list[tuple[int, str]]:
    """Return the vague names of a module, with their lines; a test's name is a sentence."""
    return sorted(
        {
            (at, name)
            for at, name in names(ast.parse(text))
            if VAGUE & set(name.split("_")) and not name.startswith("test_")
        }
    )


def test_nothing_is_named_by_a_word_that_could_mean_anything():
    blamed = [
        f"{path.relative_to(ROOT)}:{at}: {name}"
        for path in modules()
        if any(word in (text := path.read_text("utf-8")) for word in VAGUE)
        for at, name in vague(text)
    ]
    assert not blamed, "\n".join(["Name the thing by the field's term:", *blamed])


def test_a_vague_name_is_seen_wherever_it_stands():
    each = [
        "def told(): ...",
        "def f(found): ...",
        "def f(*, said=1): ...",
        "asked = 1",
        "x.told()",
        "class found: ...",
        "f(told=1)",
        "for said in x: ...",
        "with x as asked: ...",
        "import x as told",
        "[found for found in x]",
        "(said := 1)",
        "match x:\n    case [told, *_]: ...",
        "_told = 1",
        "found_faults = 1",
        "def said_of_it(): ...",
    ]
    assert all(vague(text) for text in each)
    assert not vague("def test_what_is_told_is_said(): ...")
    assert not vague('"""What was told is said."""\nlabels = "found"')
