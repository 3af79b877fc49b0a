"""Are the tests of the law worth their name? One thing in the law's code is changed, and one must fail.

`make mutants` tries every mutant of six modules on a copy of the tree, prints how many were
killed, and says which survivors `survivors.yaml` does not explain. Exit 1 when there are any.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TREE = HERE.parents[1]
MODULES = ("rules", "bounds", "scorecard", "parameters", "programmes", "poverty")
_COPIED = ("features", "models", "serving", "training", "tests", "pyproject.toml", "README.md")
_KEYS = ("in", "by", "was", "now")


def explained() -> dict[str, dict[tuple[str, ...], str]]:
    """Survivors that are known, by module, and why each may live."""
    by_module = yaml.safe_load((HERE / "survivors.yaml").read_text("utf-8"))
    return {
        module: {
            tuple(one[key] for key in _KEYS): group["because"]
            for group in groups
            for one in group["mutants"]
        }
        for module, groups in by_module.items()
    }


def tried(module: str, tree: Path) -> dict[str, Any]:
    """Try every mutant of a module in a copy of the tree."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation.mutants", module],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def copied(folder: Path) -> Path:
    """A copy of what the tests of the law read."""
    for name in _COPIED:
        copy = shutil.copytree if (TREE / name).is_dir() else shutil.copy
        copy(TREE / name, folder / name)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("--out", type=Path, help="a JSON file for everything that was found")
    options = parser.parse_args()
    known, reports, strange = explained(), [], 0
    print(f"{'module':<12}{'mutants':>8}{'killed':>8}{'survived':>9}{'explained':>10}")
    for module in options.modules or MODULES:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            report = tried(module, copied(Path(folder)))
        reports.append(report)
        if options.out:
            options.out.write_text(
                json.dumps(reports, indent=1, ensure_ascii=False) + "\n", "utf-8"
            )
        unknown = [s for s in report["survivors"] if _key(s) not in known.get(module, {})]
        lived, strange = len(report["survivors"]), strange + len(unknown)
        tried_ = report["killed"] + lived
        print(f"{module:<12}{tried_:>8}{report['killed']:>8}{lived:>9}{lived - len(unknown):>10}")
        for survivor in unknown:
            print(f"  in {survivor['in']}, by {survivor['by']}:")
            print(f"    - {survivor['was']}\n    + {survivor['now']}", flush=True)
    return 1 if strange else 0


def _key(survivor: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(survivor[key] for key in _KEYS)


if __name__ == "__main__":
    sys.exit(main())
