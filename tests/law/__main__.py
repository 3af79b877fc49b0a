"""`make law`: every case of this folder against the law on file, told without Python.

``--law FOLDER`` and ``--cases FOLDER`` take copies instead, ``--table`` counts the cases by
what of the rules they expect.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from features.errors import DeclarationError, InputError
from models.law.files import LAW
from models.reasons.wording import refuse_without_words
from tests.law.answers import faults
from tests.law.cases import FOLDER, Case, read


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make law", description=__doc__)
    parser.add_argument("--law", type=Path, default=LAW)
    parser.add_argument("--cases", type=Path, default=FOLDER)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args(words)
    try:
        refuse_without_words(options.law)
        cases = read(options.cases)
        failed = [
            case.failed(differences) for case in cases if (differences := faults(case, options.law))
        ]
    except (DeclarationError, InputError) as fault:
        print(fault)
        return 1
    print("\n\n".join(failed), end="\n\n" if failed else "")
    if options.table:
        print(table(cases))
    print(f"{len(cases)} cases, {len(failed)} of them come out otherwise.")
    return 1 if failed else 0


def table(cases: list[Case]) -> str:
    """Rules by pages: how many cases of each page expect an answer of each rule."""
    pages = sorted({case.page for case in cases})
    counted = Counter((what, case.page) for case in cases for what in case.expect)
    width = max(map(len, pages))
    lines = [f"{'':16} " + " ".join(page.rjust(width) for page in pages)]
    for what in sorted({what for what, _ in counted}):
        numbers = " ".join(f"{counted[what, page] or '':>{width}}" for page in pages)
        lines.append(f"{what:16} {numbers}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
