"""The table of the loop: which ways of choosing whom to visit stay honest over twenty rounds.

    python -m training.inspections --runs 2000

Every way is run in the same kind of country (`training.inspections.feedback`).
"""

from datetime import datetime

import click
import numpy as np

from models.law.parameters import Law
from training.inspections import feedback
from training.inspections.policy import policy_of


@click.command(epilog="Example: python -m training.inspections --runs 2000")
@click.option("--runs", type=click.IntRange(min=10), default=200, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=20_260_101, show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), default="2026-01-01", metavar="DAY")
def main(runs: int, seed: int, as_of: datetime) -> None:
    """Run the loop many times for each way and print what became of it."""
    # The country is small: the least number of a year would leave nothing to the model.
    policy = policy_of(Law(as_of.date()), random_least=0)
    click.echo(
        "| way | coverage of the 95 % interval | error of prevalence | ratio of flags, "
        "first and last round | honest |\n|---|---|---|---|---|"
    )
    for way in feedback.WAYS:
        loop = feedback.simulate(
            way, runs=runs, policy=policy, generator=np.random.default_rng(seed)
        )
        click.echo(
            f"| {way} | {loop.coverage:.1%} of {loop.runs:,} runs | {loop.error:+.3f} | "
            f"{loop.ratios[0]:.2f}, {loop.ratios[-1]:.2f} | {'yes' if loop.honest() else 'no'} |"
        )


if __name__ == "__main__":
    main()
