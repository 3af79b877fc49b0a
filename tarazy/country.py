"""A country to learn in, for whoever has no registers at hand."""

from datetime import date
from pathlib import Path

from tarazy.extras import needs_train_extra


def simulate(out: Path | str, *, households: int, seed: int, as_of: date) -> Path:
    """Make a country of families that do not exist, as its registers would see them.

    Its levels are aimed at published figures; what is not published is assumed, and marked
    so. What the families truly live on lies apart in ``truth/``, which nothing here reads:
    a detector that saw it would be judged by what it was told.

    Parameters
    ----------
    out : the folder to make; raises InputError where something stands there already.
    households : how many families; a thousand take about a second.
    seed : the same arguments give the same bytes.
    as_of : the day of the registers; inspections and survey answers are dated around it.

    Returns
    -------
    The folder: a data set of the register contract, ready for `tarazy.make_snapshot`.

    Examples
    --------
    >>> from datetime import date
    >>> import tarazy
    >>> country = tarazy.simulate("country", households=50, seed=7, as_of=date(2026, 1, 1))
    >>> (country / "incomes").is_dir()
    True

    """
    with needs_train_extra("tarazy.simulate"):
        from training.population import simulate as written
    written(Path(out), households=households, seed=seed, as_of=as_of)
    return Path(out)
