"""Walk the pages named (all of them by default) and write anew what their commands print.

``python -m tests.walks [country] [auditor] [pilot] [--folder FOLDER]``. Then the numbers that the
documents show are taken from the walks and from a running service, the map is written anew, and
whatever a document shows that is no longer so is listed. With FOLDER a walk that was stopped
goes on where it was, and the other walks use the country that it holds.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.documents import house_map
from tests.documents.shown import answer_to, documents, outputs_of, refresh
from tests.serving.running import running
from tests.walks.walk import AUDITOR, COUNTRY, PILOT, PILOT_DATA, examples, walk

PAGES = {"country": COUNTRY, "auditor": AUDITOR, "pilot": PILOT}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.walks", description=__doc__)
    parser.add_argument("pages", nargs="*", choices=[[], *PAGES], help="default: all of them")
    parser.add_argument("--folder", type=Path, help="where to walk; default: a folder thrown away")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.folder or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        _walk(given.pages or list(PAGES), folder)
        untrue = _refresh(folder)
    house_map.MAP.write_text(house_map.page(), "utf-8")
    print(*untrue, sep="\n\n", file=sys.stderr)
    return bool(untrue)


def _walk(pages: list[str], folder: Path) -> None:
    walk(COUNTRY, folder, tell=_tell)  # the others need what it leaves behind
    if "auditor" in pages:
        if not (folder / "auditor").exists():
            shutil.copytree(folder / "var", folder / "auditor", symlinks=True)
        walk(AUDITOR, folder, "auditor", tell=_tell)
    if "pilot" in pages and PILOT_DATA.is_dir():
        if not (folder / "pilot").exists():
            (folder / "pilot").mkdir()
            (folder / "pilot" / "data").symlink_to(PILOT_DATA)
        walk(PILOT, folder / "pilot", tell=_tell)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _refresh(folder: Path) -> list[str]:
    with running(folder / "var", folder / "server.log") as url:
        return [
            problem
            for page in documents()
            for problem in refresh(
                page,
                outputs_of(page)
                | {e.command: answer_to(e, url) for e in examples(page) if e.is_request},
            )
        ]


if __name__ == "__main__":
    sys.exit(main())
