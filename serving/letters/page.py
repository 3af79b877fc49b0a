"""A letter as a page of HTML: one file, no script, nothing from elsewhere."""

from functools import cache
from pathlib import Path

import jinja2

from serving.letters.parts import Letter

MEDIA_TYPE = "text/html"


def page(letter: Letter) -> bytes:
    """Return the letter as a page, UTF-8; whatever it quotes is escaped."""
    return _template().render(letter=letter).encode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("letter.html")
