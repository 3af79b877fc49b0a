"""The map of the tree, docs/map.md: a line for every file, in the words of the file itself.

``python -m tests.documents.house_map`` writes it anew.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MAP: Final = ROOT / "docs" / "map.md"
_HEAD: Final = """\
# The map of the house

A line for every file, or for a folder of data: the first sentence that it says of itself.
`README.md` has the map of the packages; this one is written by
`python -m tests.documents.house_map` and held true by a test.

"""
_SHOWN: Final = ("features", "models", "training", "serving", "tarazy", "tests")
_BY_NAME: Final = {
    ".gitignore": "what is made and never kept",
    "serving/letters/fonts/OFL.txt": "the licence of the typefaces: SIL Open Font License 1.1",
    "serving/letters/letter.typ": "a letter as typst sets it: tagged, with title and language",
    ".ci/run": "what must be green before anything lands: calls `make test`",
    "tests/law/coverage.toml": "which code the branches of the law are measured in",
    "tests/golden/bundle_of_november_2026.tar.xz": "a bundle that was trained in November 2026",
    "tests/golden/decisions.json": "hashes of what was decided with it, column by column",
    "tests/golden/public.pem": "the key of then, by which it is verified",
    "CHANGELOG.md": "what changed, for people",
    "LICENSE": "Apache License 2.0",
    "Makefile": "setup, serve, test, test-all, bench",
    "README.md": "what Tarazy decides, two commands, an example for each of its users",
    "docs/map.md": "this page",
    "docs/family.json": "the family of the documents' examples, as `POST /score` takes it",
    "tests/spoiled/__init__.py": "makes a package of its folder",
    "pyproject.toml": "the distribution, its dependencies, the rules of style and of imports",
    "locks/production.lock": "what serves and decides, each file by its hash; names no host",
    "locks/train.lock": "what training needs besides",
    "locks/dev.lock": "what developing needs besides",
    "locks/mutants.lock": "what `make mutants` needs besides",
}
_OF_DATA: Final = {
    "tests/cases/coverage/": "registers and requests with late and lost months, a case each",
}
"""Folders whose files say nothing of themselves: one line for each folder."""
_BINARY: Final = {".ttf": "a typeface with the Kazakh letters, embedded into letters"}


def page() -> str:
    """Return the map as its page."""
    return f"{_HEAD}```text\n{tree()}```\n"


def tree() -> str:
    """Return the map: every file that git tracks, with the first sentence it says of itself."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    there = {_place(name) for name in tracked if (ROOT / name).exists()} | {"docs/map.md"}
    files = sorted(there, key=lambda p: ("/" in p and p.split("/")[0] in _SHOWN, p))
    return "\n".join(_lines(files)) + "\n"


def _place(name: str) -> str:
    """Return the file, or the folder of data that it lies in."""
    return next((folder for folder in _OF_DATA if name.startswith(folder)), name)


def _lines(files: list[str]) -> Iterator[str]:
    shown: list[str] = []
    for name in files:
        *folders, leaf = name.removesuffix("/").split("/")
        for depth, folder in enumerate(folders):
            if folders[: depth + 1] != shown[: depth + 1]:
                yield f"{'  ' * depth}{folder}/"
        shown = folders
        leaf += "/" if name in _OF_DATA else ""
        yield f"{'  ' * len(folders) + leaf:38} {_summary(name)}".rstrip()


def _summary(name: str) -> str:
    """Return the first sentence of a file about itself."""
    if about := (_BY_NAME | _OF_DATA).get(name):
        return about
    if name.startswith("tests/mutation/") and name.endswith(".toml"):
        return f"how mutants of {Path(name).stem} are made, and which tests must fail"
    return re.split(r"(?<=[.;])\s", _about(name))[0]


def _about(name: str) -> str:
    path = ROOT / name
    if path.suffix in _BINARY:
        return _BINARY[path.suffix]
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        about = ast.get_docstring(ast.parse(text)) or ""
    elif path.suffix in (".yaml", ".yml"):
        about = _of_yaml(text)
    elif path.suffix == ".json":
        about = str(json.loads(text).get("description") or json.loads(text).get("title") or "")
    elif path.suffix == ".md":
        about = text.removeprefix("# ").splitlines()[0]
    elif path.suffix == ".ipynb":
        about = "".join(json.loads(text)["cells"][0]["source"]).removeprefix("# ").splitlines()[0]
    else:
        about = " ".join(re.split(r"\{#|/\*|<!--", text)[1:2])
        about = re.split(r"#\}|\*/|-->", about)[0]
    return " ".join(about.split("\n\n")[0].split())


def _of_yaml(text: str) -> str:
    if text.startswith("#"):
        return text.splitlines()[0].lstrip("# ")
    about = re.search(r"^about:\s*(>-\s*\n)?(.*?)(?=^\S)", text, re.DOTALL | re.MULTILINE)
    return re.split(r"(?<=[.;])\s", " ".join(about.group(2).split()))[0] if about else ""


if __name__ == "__main__":
    MAP.write_text(page(), "utf-8")
