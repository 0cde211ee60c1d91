"""The pages as a browser reads them: what stands where, and that nothing in them is alive."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest

from bot.report import page
from bot.report.making import record
from bot.report.page import Around, Past, Running
from bot.report.record import Record
from bot.review import Outcome, StageResult
from rules.finding import Location, ObjectName, Side, Symptom
from rules.profile import Profile
from tests.bot.given import HEAD, finding, result, review, warning
from tests.bot.report.given import AT, PRIVILEGED, around, full_record, old, source

VOID = {"meta", "link", "br", "hr", "img", "input"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}</style>",
    "`</code><svg onload=alert(1)>`",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egpj.exe\u200b",
    "w" * 3_000,
)


@dataclass
class Page(HTMLParser):
    """Every element with its attributes, and the text below each heading."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is closed where it is not open"

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.elements if each == tag]

    @property
    def sections(self) -> list[str | None]:
        return [each["id"] for each in self.all("section") if "id" in each]


def read(html: str) -> Page:
    found = Page()
    found.feed(html)
    found.close()
    assert not found._open
    return found


def shown(*results: StageResult) -> Page:
    return read(page.review(record(review(*results), source, "1"), AT, around()))


def test_what_blocks_comes_first_and_history_last() -> None:
    have = read(page.review(full_record(), AT, around()))
    assert have.sections == [
        *("blocking", "warning", "info", "unchecked", "pardoned"),
        *("deeds", "stages", "notes", "before", "history"),
    ]


def test_every_finding_stands_there_whole() -> None:
    have, rows = read(page.review(full_record(), AT, around())), full_record().findings
    for row in (*rows, *full_record().before):
        for text in (row.rule, row.id, f"{row.path}:{row.line}", row.fix.replace("`", "")):
            assert text in have.text
    cards = [each["id"] for each in have.all("article") if "id" in each]
    assert sorted(filter(None, cards)) == sorted(row.id for row in rows)


def test_it_needs_nothing_from_outside_and_runs_nothing() -> None:
    for html in pages():
        have = read(html)
        assert {tag for tag, _ in have.elements} <= {
            *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav"),
            *("section", "article", "div", "span", "p", "a", "b", "i", "code", "pre", "small"),
            *("h1", "h2", "h3", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
            *("details", "summary", "time", "em", "strong"),
        }
        for _tag, attributes in have.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            assert "src" not in attributes
        assert "url(" not in html
        assert "@import" not in html


def pages() -> list[str]:
    running = Running("3/7 tofu plan prod/eu, 41 s", HEAD, "Running for 41 s")
    return [
        page.review(full_record(), AT, Around(around().past, running, "/newest", "it crashed")),
        page.review(full_record(), AT),
        page.review(empty(), AT, around()),
        page.waiting("#7", running, around().past),
        page.plain("Nothing", "Say `this`."),
    ]


def empty() -> Record:
    return record(review(result(stage="hadolint", outcome=Outcome.NOT_NEEDED)), source, "1")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_words_are_only_words(text: str) -> None:
    hostile = replace(
        PRIVILEGED,
        rule=text,
        message=text,
        fix=text,
        location=Location(text.replace("/", "_") + ".yaml", 1),
        project=text,
        address=text,
        detail=text,
    )
    before = replace(hostile, new=False, detail="before")
    stage = replace(
        result(hostile, before), stage=text, project=text, reason=text, notes=(f"note {text}",)
    )
    given = review(stage)
    change = replace(given.change, repository=text, author=text, base_ref=text, url=text)
    made = record(replace(given, change=change), lambda where: [text, ""], "1")
    plain = read(page.review(full_record(), AT, around()))
    have = read(
        page.review(made, AT, Around((Past(made.head, "/1", AT, shown=True),), Running("x")))
    )
    assert {tag for tag, _ in have.elements} <= {tag for tag, _ in plain.elements}
    assert not [each for each in have.all("a") if (each["href"] or "").startswith("javascript")]
    assert "{{" not in text or text in have.text
    assert all(sign not in have.text for sign in "\u202e\u200b")


def test_where_a_failing_pod_is_looked_at() -> None:
    fails = replace(
        PRIVILEGED,
        symptom=Symptom.PENDING,
        object=ObjectName("Pod", "shop", "web"),
        container="<b>",
    )
    have = shown(result(fails))
    assert "Pods would show Pending: where to look" in have.text
    assert "kubectl -n shop get pod web -o wide\nkubectl -n shop describe pod web\n" in have.text
    assert "kubectl -n shop logs web -c CONTAINER --previous" in have.text
    assert len(have.all("pre")) == 1
    assert "kubectl" not in shown(result(replace(fails, new=False))).text


def test_names_between_backticks_are_code() -> None:
    assert page.prose("a `b<` c `d") == "a <code>b&lt;</code> c `d"
    assert page.prose("``") == ""
    assert page.prose("`") == "`"


def test_a_change_without_findings_says_so_in_one_line() -> None:
    have = read(page.review(empty(), AT, around()))
    assert "No infrastructure files changed" in have.text
    assert "Nothing to report in this change." in have.text
    assert have.sections == ["stages", "history"]


def test_observe_blocks_nothing_and_says_so() -> None:
    made = record(review(result(PRIVILEGED), profile=Profile.OBSERVE), source, "1")
    have = read(page.review(made, AT))
    assert "Would block" in have.text
    assert "Blocks merge" not in have.text
    assert "nothing holds the change back" in have.text


def test_tiles_lead_to_sections_that_exist() -> None:
    for html in pages():
        have = read(html)
        ids = {attributes.get("id") for _tag, attributes in have.elements}
        targets = [each["href"] or "" for each in have.all("a")]
        assert all(each[1:] in ids for each in targets if each.startswith("#"))


def test_what_was_cut_is_counted() -> None:
    made = replace(full_record(), missing=1200, missing_before=7)
    have = read(page.review(made, AT, around()))
    assert "1200 more findings" in have.text
    assert "7 more, which are not kept here" in have.text


def test_thousands_of_findings_are_shown_within_seconds() -> None:
    many = [warning(path=f"{n}/Dockerfile") for n in range(3_000)]
    have = shown(result(*many, *old(500)))
    assert len(have.all("article")) == 3_000


def test_a_removed_line_is_called_one() -> None:
    assert "removed line" in shown(result(finding(side=Side.BASE))).text


def test_an_earlier_review_leads_to_the_newest() -> None:
    have = read(page.review(full_record(), AT, Around(around().past, newest="/newest")))
    assert "This is an earlier review" in have.text
    assert {"href": "/newest"} in have.all("a")


def test_only_what_runs_is_loaded_again() -> None:
    def again(html: str) -> list[str | None]:
        return [each["content"] for each in read(html).all("meta") if "http-equiv" in each]

    running, _file, done, waiting, plain = (again(html) for html in pages())
    assert waiting == ["10"]
    assert running == done == plain == []  # nobody is torn away while reading


def test_a_file_that_stands_alone_brings_its_policy() -> None:
    metas = read(page.review(full_record(), AT)).all("meta")
    policy = next(each["content"] or "" for each in metas if "http-equiv" in each)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors" not in policy  # means nothing there, and a browser says so


def test_the_forges_sign_for_a_change() -> None:
    at = full_record()
    gitlab = replace(at, subject=replace(at.subject, forge="gitlab"))
    assert "#7" in read(page.review(at, AT, around())).text
    assert "!7" in read(page.review(gitlab, AT, around())).text
