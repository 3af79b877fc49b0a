"""Pages for people: what answers here, and what stands behind an answer.

Plain HTML with one stylesheet: no script, nothing from another host.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from features.catalogue import FEATURES
from features.declare import Block, Feature
from features.registers import deliveries
from features.registers.declared import CONTRACT_VERSION, REGIONS, REGISTERS
from features.registers.schema import STATED, Column
from models.bundles.home import Home
from models.writing import number
from serving.api import legal, openapi
from serving.api.examples import AS_OF, FAMILY
from serving.requests.problems import Kind

_TEMPLATES: Final = Path(__file__).with_name("templates")
_DIRECTION: Final = {1: "better off", -1: "poorer", 0: "not said"}


def feature_card(feature: Feature) -> dict[str, Any]:
    """Return what is told of a feature, ready for JSON."""
    return {
        "name": feature.name,
        "about": feature.about,
        "note": feature.note,
        "block": feature.block.value,
        "unit": feature.unit.value,
        "span": feature.span.value,
        "registers": list(feature.registers),
        "reads": list(feature.reads),
        "derived": feature.is_derived,
        "empty": feature.empty,
        "direction": feature.direction,
        "model_input": feature.model_input,
        "basis": feature.basis,
    }


async def root(request: Request) -> Response:
    """What answers here and where to read on."""
    live = request.app.state.live
    report = await run_sync(_newest_report, request.app.state.home)
    return _page("root.html", live=live, now=live.now, law_version=legal.newest(), audited=report)


async def docs(_: Request) -> Response:
    """The API for people, from its own description."""
    described = await run_sync(openapi.document)
    example = msgspec.json.format(
        msgspec.json.encode({"as_of": AS_OF, "household": FAMILY}), indent=2
    ).decode()
    return _page("docs.html", api=described, kinds=list(Kind), example=example)


async def features_page(_: Request) -> Response:
    """Every feature, by block."""
    blocks = {b: [f for f in FEATURES.values() if f.block is b] for b in Block}
    return _page("features.html", blocks=blocks, count=len(FEATURES), direction=_DIRECTION)


async def law_page(request: Request) -> Response:
    """Every edition of every legal value with its source; with ``as_of`` the law of that day."""
    day = legal.requested_day(request.query_params)
    by_kind = legal.by_kind(day)
    values: dict[str, list[dict[str, Any]]] = {}
    for edition in by_kind["parameter"] if day else legal.every_edition():
        values.setdefault(edition["name"], []).append(edition)
    return _page(
        "law.html",
        values=values,
        by_kind=by_kind,
        titles={act["name"]: act["title"]["en"] for act in by_kind["act"]},
        version=legal.version(day) if day else legal.newest(),
        day=day,
        regions=REGIONS,
    )


async def registers_page(_: Request) -> Response:
    """The register contract."""
    return _page(
        "registers.html",
        registers=REGISTERS.values(),
        deliveries=deliveries.COLUMNS,
        about_deliveries=deliveries.ABOUT.replace("`", ""),
        regions=REGIONS,
        version=CONTRACT_VERSION,
        null_of=_null,
    )


async def style(_: Request) -> Response:
    """The one stylesheet."""
    return FileResponse(_TEMPLATES / "style.css", media_type="text/css")


async def latest_audit(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the files of the newest audit report of this home."""
    folder = await run_sync(_newest_report, scope["app"].state.home)
    if folder is None:
        raise HTTPException(404)
    await StaticFiles(directory=folder, html=True)(scope, receive, send)


ROUTES: Final = (
    Route("/", root),
    Route("/docs", docs),
    Route("/pages/features", features_page),
    Route("/pages/law", law_page),
    Route("/pages/registers", registers_page),
    Route("/pages/style.css", style),
)


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    return environment.get_template(name)


def _page(name: str, **shown: Any) -> Response:
    return HTMLResponse(_template(name).render(**shown))


def _number(value: object) -> str:
    """Thousands apart by a thin space, as tables of money are read."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return str(value)


def _null(column: Column) -> str:
    if column.required:
        return "never null"
    return "see the description" if column.null_means is STATED else str(column.null_means)


def _newest_report(home: Home) -> Path | None:
    """Return the folder of the newest audit report; None: there is none."""
    if not home.audit.is_dir():
        return None
    reports = [f for f in (home.audit, *home.audit.iterdir()) if (f / "index.html").is_file()]
    return max(reports, key=lambda f: (f / "index.html").stat().st_mtime, default=None)
