"""`python -m tests.spoiled DATA [--as-of DAY] [--seeds N] [--out FILE.json]`: the table of harm."""

import argparse
import json
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

from tests.spoiled.measure import harms, read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="A folder of registers as Parquet.")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 1, 1))
    parser.add_argument("--seeds", type=int, default=1, help="So many draws of what is spoiled.")
    parser.add_argument("--out", type=Path, help="Keep the rows as JSON.")
    options = parser.parse_args()
    rows = []
    print("| kind | register | seed | rows | is | moved | automatic | without a warning |")
    print("|---|---|---|---|---|---|---|---|")
    for seed in range(options.seeds):
        generator = np.random.default_rng(seed)
        with tempfile.TemporaryDirectory() as scratch:
            for harm in harms(read(options.data), options.as_of, Path(scratch), generator):
                rows.append({"seed": seed} | harm.as_row())
                print(
                    f"| {harm.kind.replace('_', ' ')} | {harm.register} | {seed} | {harm.rows:,} "
                    f"| {harm.verdict} | {harm.moved:,} | {harm.automatic:,} | {harm.unwarned:,} |",
                    flush=True,
                )
    if options.out is not None:
        options.out.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print(
        f"\nAutomatic in another category without a warning: {sum(r['unwarned'] for r in rows):,}."
    )


if __name__ == "__main__":
    main()
