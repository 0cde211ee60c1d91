"""The pages themselves: a record becomes HTML that needs no script and nothing from outside. Pure.

Jinja2 escapes whatever is put into a template; the only text that goes in as HTML is our own
stylesheet and our rules' own documentation.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from bot import VERSION
from bot.markdown.docs import doc
from bot.markdown.guide import title
from bot.report.record import Head, Record
from bot.review import Outcome

AGAIN_SECONDS = 10  # after which the page of a review that runs is loaded again
_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "style.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_FENCE = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
POLICY = f"{_FENCE}; frame-ancestors 'none'"
_LONGEST_BAR = 8


@dataclass(frozen=True, slots=True)
class Past:
    """A review in the list of a change's reviews; ``at`` is in seconds since 1970."""

    head: Head
    url: str
    at: float
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """What goes on at a change now. ``since`` says for how long, in words."""

    title: str
    head: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around one review of a change that a forge knows.

    ``newest`` is the address of a newer review than the one shown, ``""`` where it is the newest.
    ``dead`` says why a later review was given up.
    """

    past: Sequence[Past] = ()
    running: Running | None = None
    newest: str = ""
    dead: str = ""


@dataclass(frozen=True, slots=True)
class _Tile:
    count: int
    word: str
    kind: str
    target: str


def review(record: Record, at: float, around: Around | None = None) -> str:
    """The page of one review; without ``around`` as a file that stands alone."""
    held = [row for row in record.findings if row.pardoned]
    counted = [row for row in record.findings if not row.pardoned]
    milder = [row for row in counted if not row.blocks]
    unchecked = [each for each in record.stages if each.outcome == Outcome.UNCHECKED]
    beside = around or Around()
    return _render(
        "review.html",
        record=record,
        at=at,
        blocking=[row for row in counted if row.blocks],
        warnings=[row for row in milder if row.severity != "info"],
        infos=[row for row in milder if row.severity == "info"],
        pardoned=held,
        unchecked=unchecked,
        tiles=_tiles(record),
        longest=max((stage.seconds for stage in record.stages), default=0.0),
        past=beside.past,
        running=beside.running,
        newest=beside.newest,
        dead=beside.dead,
        meta_policy=_FENCE if around is None else "",
    )


def waiting(name: str, running: Running, past: Sequence[Past] = ()) -> str:
    """The page of a change, or of a commit, that has no review yet; it loads itself again.

    A page with a review does not: whoever reads it has opened and found something.
    """
    return _render("waiting.html", name=name, running=running, past=past, again=AGAIN_SECONDS)


def plain(heading: str, *paragraphs: str) -> str:
    """A page that only says something; names in it stand between backticks."""
    return _render("plain.html", heading=heading, paragraphs=paragraphs)


def _tiles(record: Record) -> list[_Tile]:
    counts = record.head.counts
    blocking = sum(row.blocks and not row.pardoned for row in record.findings)
    tiles = [
        _Tile(
            counts["blocking"] if record.missing else blocking, "blocking", "blocking", "blocking"
        ),
        _Tile(counts["warning"], "warnings"[: 7 + (counts["warning"] != 1)], "warning", "warning"),
        _Tile(counts["unchecked"], "not checked", "unchecked", "unchecked"),
    ]
    more = [
        _Tile(counts["info"], "good to know", "info", "info"),
        _Tile(counts["pardoned"], "let pass", "pardoned", "pardoned"),
        _Tile(counts["existing"], "there before", "existing", "before"),
    ]
    return [*tiles, *(tile for tile in more if tile.count)]


def _render(template: str, **context: object) -> str:
    defaults = {"meta_policy": "", "again": 0, "redline": VERSION}
    return _environment().get_template(template).render(defaults | context)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = Markup(_STYLE)  # noqa: S704 - ours
    made.filters |= {
        "prose": prose,
        "why": _why,
        "guide": title,
        "moment": _moment,
        "iso": _iso,
        "seconds": _seconds,
        "share": _share,
    }
    return made


def prose(text: str) -> Markup:
    """Plain text with the names between backticks as code; everything in it is escaped."""
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:  # a backtick without its pair
        parts[-2:] = [parts[-2] + "`" + parts[-1]]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 and part else part
        for number, part in enumerate(parts)
    )


@cache
def _why(rule: str) -> Markup:
    """Why a rule matters, from its own docstring; nothing for one that is not ours."""
    markdown = MarkdownIt("commonmark", {"html": False})
    return Markup(markdown.render(doc(rule).why).strip())  # noqa: S704 - our own words, no HTML


def _moment(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat()


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def _share(seconds: float, longest: float) -> int:
    """The length of a bar: a class of the stylesheet, since the policy allows no other style."""
    return round(_LONGEST_BAR * seconds / longest) if longest else 0
