"""What is written: no text of a change does anything, and titles and bodies say it all."""

import html
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.change import Diff, ForgeName
from bot.markdown import broken, code, escape, progress, queued, running, superseded, wanted
from bot.markdown.escape import LONGEST_NAME, cut, visible
from bot.markdown.links import Links
from bot.markdown.status import LONGEST_TITLE, title
from bot.marks import read, sign
from bot.review import OFF, CommentKind, Mark, Outcome, Review
from rules.finding import Family, Finding, Location, Severity, Side
from rules.profile import Profile
from tests.bot.given import (
    HEAD,
    ID,
    NEXT,
    change,
    diff,
    finding,
    result,
    review,
    unchecked,
    warning,
)

KEY = b"k" * 32
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# What GitHub and GitLab look for in rendered text that is not code.
LINKS = re.compile(
    r"@\w|#\d|\bGH-\d|!\d|(?<!\w)[0-9a-f]{7,40}(?!\w)|://|www\.|mailto:|xmpp:|:[\w+-]+:|~\w|%\w|\$\w|&\w",
    re.IGNORECASE,
)
HOSTILE = [
    "@org/team",
    "</details>",
    "```",
    "~~~",
    "``` ` ``",
    "<!-- redline:1 x y -->",
    "-->",
    "![pixel](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "/merge",
    "a\n/merge\n/approve",
    "\x1b[31mred\x1b[0m",
    "zero\u200bwidth",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "<img src=x onerror=alert(1)>",
    "<img\nsrc=x>",
    "https://evil.example",
    "www.evil.example",
    "me@evil.example",
    "#123",
    "org/repo#1",
    "GH-1",
    "!7",
    "abcdef0123456789abcdef0123456789abcdef01",
    "abcdef0",
    ":tada:",
    "$x^2$",
    "a|b|c",
    "a\\|b",
    "trailing\\",
    "`",
    "a`b",
    "``",
    "**bold** _it_ ~~gone~~",
    "# title",
    "> quote",
    "- item",
    "1. item",
    "---",
    "===",
    "    indented",
    "&lt;script&gt;",
    "\udcff\udcfe",
    "\x00",
    "\r\n",
    "`@org`@org",
    "`a``b`",
    "web`\n\n# x`",
    "[^1]: note",
    "[ref]: https://evil.example",
    "ignore all previous instructions",
    "ünïcödé 日本語 файл",
    "👩‍🚀",
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="`*_~<>[]()!@#/\\|-+=.:&$ \n\tab1", max_size=40),
    st.text(alphabet=st.characters(), max_size=40),
    st.lists(st.sampled_from([*HOSTILE, " ", "`"]), max_size=4).map("".join),
)
FRAMES = {
    "alone": "{}",
    "bold": "**Blocking:** {}",
    "in bold": "- **{}**",
    "item": "- {} ([line 1](https://forge.example/x), `abcd`)",
    "cell": "| a | b |\n|---|---|\n| {} | end |",
    "label": "[{}](https://forge.example/x)",
    "folded": "<details><summary>x</summary>\n\n{}\n\n</details>",
}


def tokens(markdown: str) -> list[Token]:
    """Block and inline tokens in one list."""
    return [each for block in PARSER.parse(markdown) for each in (block, *(block.children or ()))]


def shape(markdown: str) -> list[str]:
    """What the forge makes of it, without the text and the code in it."""
    plain = {"text", "code_inline", "text_special", "inline"}
    codes = {"<code>", "</code>"}
    return [t.type for t in tokens(markdown) if t.type not in plain and t.content not in codes]


def outside_code(markdown: str) -> list[str]:
    """The pieces of text that a forge looks for references in."""
    found, inside = [""], False
    for token in tokens(markdown):
        if token.type == "html_inline":
            inside = token.content == "<code>"
        if token.type == "text" and not inside:
            found[-1] += token.content
        elif token.type != "text_special":
            found.append("")
    return found


def shown(markdown: str) -> str:
    """What a reader sees."""
    kinds = {"text", "code_inline", "text_special"}
    return "".join(t.content for t in tokens(markdown) if t.type in kinds)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(text: str, frame: str) -> None:
    inert(text, frame)


@given(texts, st.sampled_from(list(FRAMES.values())))
@example("` `", "{}")
@example("]:", "[{}](https://forge.example/x)")
def test_any_text_is_inert(text: str, frame: str) -> None:
    inert(text, frame)


def inert(text: str, frame: str) -> None:
    for safe in (code(text), escape(text) or "x"):
        markdown = frame.format(safe)
        assert shape(markdown) == shape(frame.format("x"))
        assert not [piece for piece in outside_code(markdown) if LINKS.search(piece)]
        assert not any(
            line.lstrip().startswith(("/", "```", "~~~")) for line in markdown.split("\n")
        )
        assert "<!--" not in markdown
        assert markdown.isprintable() or "\n" in frame
        markdown.encode()


@given(texts)
def test_a_name_is_shown_exactly(text: str) -> None:
    want = cut(visible(text), LONGEST_NAME)
    for frame in ("x {} y", "| a | b |\n|---|---|\n| x {} y | end |"):
        have = shown(frame.format(code(text))).removeprefix("ab").removesuffix("end")
        assert have == f"x {want} y" or (not want.strip() and have == 'x "" y')


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters="`")))
def test_prose_is_shown_whole(text: str) -> None:
    assert shown(escape(text)) == visible(text)


def test_prose_reads_as_it_was_meant() -> None:
    said = "Container `web` of `Deployment/api` runs as root (runAsUser: 0), don't."
    assert escape(said) == said
    assert shown(escape(said)) == said.replace("`", "")


def test_names_that_touch_stay_apart() -> None:
    assert escape("`web`@org") == "`web` `@org`"


def test_what_nobody_can_see_is_written_out() -> None:
    assert visible("a\nb\t\x1b\udcff\u202e\u200b\u00a0\U000e0041") == (
        r"a\nb\t\x1b\xff\u202e\u200b\xa0\U000e0041"
    )


def test_what_is_off_is_one_line_of_each_summary() -> None:
    off = replace(review(result(finding())), off="2 rules, 1 stage")
    said, silent = (wanted(each, Diff(), KEY) for each in (off, replace(off, off="")))
    assert "\n\nOff by configuration: 2 rules, 1 stage.\n\n" in said.status.summary
    comment = said.summary(posted=False)
    assert comment is not None
    assert "\n\nOff by configuration: 2 rules, 1 stage.\n\n" in comment.body
    assert "Off by configuration" not in silent.status.summary


def test_long_texts_are_cut() -> None:
    assert len(html.unescape(code("x" * 100_000))) < 250
    assert len(code("|" * 100_000)) < 2000
    assert len(escape("word " * 100_000)) <= 2000


TITLES: dict[str, tuple[Review, str]] = {
    "nothing relevant": (
        review(result(outcome=Outcome.NOT_NEEDED)),
        "No infrastructure files changed",
    ),
    "nothing that is judged": (
        review(
            result(outcome=Outcome.NOT_NEEDED, notes=("not judged, excluded by configuration: a",))
        ),
        "No files that are judged here changed",
    ),
    "its stage is off": (
        review(result(outcome=Outcome.NOT_NEEDED, reason=OFF)),
        "No files that are judged here changed",
    ),
    "clean": (review(result(), result()), "0 blocking, 0 warnings, 2 stages ran"),
    "warning": (review(result(warning())), "0 blocking, 1 warning, 1 stage ran"),
    "blocking": (
        review(
            result(
                finding("gone", family=Family.DESTRUCTION, address="aws_db_instance.main"),
                finding(),
                finding(name="side"),
                finding("baked-secret", family=None),
            )
        ),
        "Blocks merge: 1 destroyed (aws_db_instance.main), 2 security, 1 baked-secret",
    ),
    "unchecked": (review(result(), unchecked()), "Could not check: hadolint is not installed"),
    "unchecked, with its name": (
        review(unchecked("helm-lint", "no network")),
        "Could not check: helm lint: no network",
    ),
    "both": (
        review(result(finding()), unchecked(), unchecked("helm-lint", "crashed")),
        "Blocks merge: 1 security. Could not check: hadolint is not installed (and 1 more)",
    ),
    "existing": (
        review(result(), replace(unchecked("helm-lint", "no"), existing=True)),
        "NOT CHECKED, as before this change: helm lint: no. 0 blocking, 0 warnings, 1 stage ran",
    ),
    "observing": (
        review(result(finding()), profile=Profile.OBSERVE),
        "Would block: 1 security",
    ),
}


@pytest.mark.parametrize(("judged", "want"), TITLES.values(), ids=TITLES)
def test_titles(judged: Review, want: str) -> None:
    assert title(judged) == want
    assert wanted(judged, Diff(), KEY).status.green is not judged.blocks


def test_titles_of_what_is_not_done() -> None:
    assert queued().title == "waiting for a worker"
    assert running(progress(3, 7, "tofu plan prod/eu", 41.2)).title == "3/7 tofu plan prod/eu, 41 s"
    assert superseded(HEAD).title == "superseded by a1b2c3d"
    assert (
        broken("the review failed\n3 times").title == "Could not check: the review failed\\n3 times"
    )
    assert not broken("x").green


def test_a_long_title_names_both_and_fits() -> None:
    judged = review(
        result(
            *(
                finding("gone", family=Family.DESTRUCTION, address="a" * 90, name=str(n))
                for n in range(3)
            )
        ),
        unchecked("helm-lint", "word " * 100),
    )
    have = title(judged)
    assert len(have) <= LONGEST_TITLE
    assert have.startswith("Blocks merge: 3 destroyed (aaa")
    assert "Could not check: helm lint" in have


def test_bodies_are_the_same_for_the_same_review_and_marked() -> None:
    judged = review(result(finding(), warning()))
    one, two = (wanted(judged, diff("apps/web.yaml"), KEY) for _ in range(2))
    assert one.threads == two.threads
    for comment in (*one.threads, one.summary(posted=False)):
        assert comment is not None
        assert read(comment.body, ID, KEY) == comment.mark


LINKED = {
    "github": (ForgeName.GITHUB, "https://github.com/org/infra/pull/7", "/org/infra/blob/"),
    "gitlab": (ForgeName.GITLAB, "https://gl.example/sub/o/i/-/merge_requests/7", "/i/-/blob/"),
    "terminal": (ForgeName.LOCAL, "", ""),
}


@pytest.mark.parametrize(("forge", "url", "want"), LINKED.values(), ids=LINKED)
def test_permalinks(forge: ForgeName, url: str, want: str) -> None:
    there = replace(change(), id=replace(ID, forge=forge), url=url)
    have = Links(there).place(Location("a b/caf\udce9.tf", 3, Side.BASE))
    assert have.startswith("[`a b/caf\\xe9.tf:3`](" if want else "`a b/caf")
    assert f"{want}{'b' * 40}/a%20b/caf%E9.tf#L3)" in have or not want
    assert "](" not in Links(there).place(Location("long/" * 100, 3))


def test_a_hash_is_blind_to_commits_lines_and_seconds() -> None:
    first = review(result(finding(line=3), warning(), seconds=1))
    moved = review(result(finding(line=9), warning(), seconds=2), head=NEXT)
    where = diff("apps/web.yaml")
    one, two = wanted(first, where, KEY), wanted(moved, where, KEY)
    assert one.threads[0].mark.body == two.threads[0].mark.body
    have, later = one.summary(posted=True), two.summary(posted=True)
    assert have is not None
    assert later is not None
    assert have.mark.body == later.mark.body
    assert have.body != later.body


def test_a_summary_of_very_many_findings_is_cut_by_whole_rows() -> None:
    path = "deploy/" + "very-long-name/" * 9 + "web.yaml"
    many = [finding(path=path, name=f"c{number}") for number in range(10_000)]
    more = [warning(line=number) for number in range(1, 1000)]
    want = wanted(review(result(*many, *more)), Diff(), KEY, "https://redline.example/r/1")
    have = want.summary(posted=False)
    assert have is not None
    assert len(have.body.encode()) <= 60_000
    assert "10000 blocking, 999 warnings" in have.body
    rows = [line for line in have.body.split("\n") if line.startswith("| blocking")]
    assert all(row.endswith("` |") for row in rows)
    assert f"... and [{10_000 - len(rows)} more](https://redline.example/r/1)" in have.body
    warnings = sum(line.startswith("| warning") for line in have.body.split("\n"))
    assert f"... and [{999 - warnings} more]" in have.body
    assert len(want.status.summary) <= 65_535


def test_a_thread_of_very_many_findings_stays_small() -> None:
    bad = "`" + "|" * 150 + "` "
    many = [
        finding(line=number, address=str(number), message=bad * 9, fix=f"{number} {bad * 9}")
        for number in range(1, 500)
    ]
    (thread,) = wanted(review(result(*many)), diff("apps/web.yaml"), KEY).threads
    assert len(thread.body.encode()) <= 60_000
    assert "more in this file" in thread.body


def test_a_summary_of_hostile_reasons_and_notes_stays_small() -> None:
    bad = ("`" + "|" * 150 + "` ") * 9
    lost = [unchecked(f"stage-{number}", f"{number} {bad}") for number in range(99)]
    notes = [f"{number} {bad}" for number in range(99)]
    have = wanted(review(result(finding(), notes=notes), *lost), Diff(), KEY).summary(posted=False)
    assert have is not None
    assert len(have.body.encode()) <= 60_000
    assert "may run as root" in have.body


def test_the_summary_is_silent_on_clean_changes_and_collapses() -> None:
    assert wanted(review(result()), Diff(), KEY).summary(posted=False) is None
    have = wanted(review(result()), Diff(), KEY).summary(posted=True)
    assert have is not None
    assert have.body.startswith("**Redline:** nothing to report since a1b2c3d.\n\n<!--")


def test_the_status_leads_to_its_commits_page_and_the_summary_to_the_changes() -> None:
    page = "https://redline.corp/reviews/github/1/7/abc"
    want = wanted(review(result(finding())), diff("apps/web.yaml"), b"k", page)
    summary = want.summary(posted=False)
    assert want.status.url == f"{page}/{HEAD}"
    assert summary is not None
    assert f"[The whole review]({page}) shows the source too." in summary.body
    assert "whole review" not in wanted(want.review, want.diff, b"k").status.summary


def test_annotations_are_warnings_without_a_thread() -> None:
    quiet = replace(warning(), location=replace(warning().location, path="caf\udce9"))
    status = wanted(review(result(finding(), warning(), quiet)), Diff(), KEY).status
    (one,) = status.annotations
    assert (one.path, one.line, one.severity) == ("Dockerfile", 3, Severity.WARNING)
    assert one.message == "Packages are installed without a version."


def test_names_of_a_change_are_inert_wherever_they_stand() -> None:
    for text in HOSTILE:
        bad = finding(text, path=text, name=text, message=text, fix=text, address=text)
        lost = replace(unchecked(reason=text), project=text)
        judged = review(result(bad, notes=[text]), lost)
        want = wanted(judged, Diff(), KEY)
        have = want.summary(posted=False, resolved={bad.identity: text})
        assert have is not None
        (group,) = want.groups
        for body in (have.body, want.thread(group).body, want.status.summary):
            visible_part = body.partition("\n\n<!-- redline:1")[0]
            assert "<!--" not in visible_part
            links = [token for token in tokens(visible_part) if token.type == "link_open"]
            assert all(
                str(t.attrs["href"]).startswith("https://github.com/org/infra/") for t in links
            )
            assert "<img" not in "".join(
                t.content for t in tokens(visible_part) if t.type.startswith("html")
            )
            found = " ".join(outside_code(visible_part)).replace("a1b2c3d", "")
            assert not LINKS.search(found), found


def test_our_own_mark_in_a_change_does_not_become_a_mark() -> None:
    forged = sign(Mark(CommentKind.THREAD, fixed=True), ID, KEY)
    want = wanted(review(result(finding(message=forged))), diff("apps/web.yaml"), KEY)
    assert read(want.threads[0].body, ID, KEY) == want.threads[0].mark
    assert want.threads[0].body.count("<!--") == 1


SAME = "may run as root, as nothing says otherwise."


def rows_of(*found: Finding) -> list[str]:
    (thread,) = wanted(review(result(*found)), diff("apps/web.yaml"), KEY).threads
    return [line for line in thread.body.splitlines() if line.startswith("- ")]


def test_a_thread_says_once_what_several_have() -> None:
    first, second, other = rows_of(
        finding(name="a", line=1, message=f"Container `a` {SAME}"),
        finding(name="b", line=2, message=f"Container `b` {SAME}"),
        finding(name="c", line=3, message="Container `c` is to run as user 0, whoever asks."),
    )
    assert first.startswith(f"- Container `a` {SAME} (")
    assert second.startswith("- Container `b`: the same (")
    assert other.startswith("- Container `c` is to run as user 0, whoever asks. (")


def test_what_has_another_fix_is_no_repetition() -> None:
    rows = rows_of(
        finding(name="a", line=1, message=f"Container `a` {SAME}", fix="This."),
        finding(name="b", line=2, message=f"Container `b` {SAME}", fix="That."),
    )
    assert [SAME in row for row in rows] == [True, True]


def test_one_reason_for_the_whole_change_is_said_once() -> None:
    lost = [unchecked(stage, "the change has 3,001 files") for stage in ("hadolint", "helm-lint")]
    have = wanted(review(*lost), Diff(), KEY)
    said = "the change has 3,001 files (hadolint, helm lint)"
    assert have.status.title == f"Could not check: {said}"
    summary = have.summary(posted=False)
    assert summary is not None
    assert f"- **{said}**\n" in summary.body


def test_projects_are_named_each_though_their_reason_is_one() -> None:
    lost = [replace(unchecked("tofu-plan", "no network"), project=f"prod/{n}") for n in range(3)]
    have = wanted(review(*lost), Diff(), KEY)
    assert have.status.title == "Could not check: tofu plan prod/0: no network (and 2 more)"
    assert have.status.summary.count(": no network**") == 3


@pytest.mark.parametrize(
    ("url", "posted", "told"),
    [("", False, True), ("https://p", False, False), ("https://p", True, True)],
)
def test_hints_alone_begin_no_comment_where_a_page_tells_them(
    url: str, *, posted: bool, told: bool
) -> None:
    hint = replace(warning(), severity=Severity.INFO)
    have = wanted(review(result(hint)), Diff(), KEY, url)
    summary = have.summary(posted=posted)
    assert (summary is not None) is told
    assert "1 info" in have.status.summary
    grave = wanted(review(result(hint, warning())), Diff(), KEY, url).summary(posted=posted)
    assert grave is not None


def test_each_forge_hears_the_command_that_it_delivers() -> None:
    there = replace(change(), id=replace(ID, forge=ForgeName.GITLAB))
    have = wanted(Review(there, (result(finding()),)), Diff(), KEY).summary(posted=False)
    assert have is not None
    assert "`/redline recheck` reviews again" in have.body
    assert (
        "`/recheck` reviews again" in wanted(review(result(finding())), Diff(), KEY).status.summary
    )
