"""docs/api.md names every address, every kind of problem and every limit as they are."""

import re

from serving.api import app
from serving.requests import body, problems, request
from serving.requests.problems import Kind
from tests.walks.walk import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")


def test_every_address_is_named_and_no_other():
    served = app.addresses(app.application()) - {"/pages/style.css"}
    named = re.findall(r"`(?:GET |POST )?(/[\w./]*)(?:\?[^`]*)?`", PAGE)
    assert {name.rstrip("/") or "/" for name in named} == served


def test_every_kind_of_problem_is_named_with_its_status():
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) \|", PAGE, re.MULTILINE)
    assert rows == [(kind.slug, str(kind.status)) for kind in Kind]


def test_every_limit_is_the_one_that_is_kept():
    limits = PAGE.split("## Limits")[1].split("\n## ")[0]
    rows = re.findall(r"^\| [^|]+ \| (\d[\d,]*)", limits, re.MULTILINE)
    mib = body.MIB
    assert rows == [
        str(app.ONE_LIMIT.size // mib),
        f"{app.ONE_LIMIT.objects:,}",
        f"{app.LETTER_LIMIT.objects:,}",
        str(app.MANY_LIMIT.size // mib),
        f"{app.MANY_LIMIT.objects:,}",
        f"{request.HOUSEHOLDS_AT_ONCE:,}",
        f"{body.READ_SECONDS:.0f}",
        str(app.WAITING),
        f"{problems.SHOWN:,}",
        str(request.SERVICE_LENGTH),
    ]
    assert app.LETTER_LIMIT.size == app.ONE_LIMIT.size
