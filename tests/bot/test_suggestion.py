"""Suggestions in comments: only where the comment stands on the very lines, and inert otherwise."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from bot.change import Anchor, AnchorKind, ChangedFile, Diff, FileStatus, ForgeName, Hunk
from bot.markdown import suggestion, wanted
from bot.markdown.thread import over
from bot.review import Posted, Review
from rules.finding import Finding, Location, Side, Suggestion
from tests.bot.given import changed_file, finding, result, review

KEY = b"k" * 32
PATH = "apps/web.yaml"
TWO_HUNKS = Diff(
    (changed_file(FileStatus.MODIFIED, PATH, hunks=(Hunk(1, 1, " ++ "), Hunk(20, 22, " -+ "))),)
)


def offering(first: int, last: int, text: str = "      tty: no", **further: object) -> Finding:
    made = replace(finding(line=first), suggestion=Suggestion(first, last, text))
    return replace(made, **further)  # type: ignore[arg-type]


def on_gitlab(judged: Review) -> Review:
    there = replace(judged.change, id=replace(judged.change.id, forge=ForgeName.GITLAB))
    return replace(judged, change=there)


def comment(judged: Review, diff: Diff = TWO_HUNKS) -> tuple[Anchor, str]:
    (only,) = wanted(judged, diff, KEY).threads
    return only.anchor, only.body.partition("<details>")[0]


def test_the_forges_own_forms() -> None:
    one, two = review(result(offering(2, 2))), review(result(offering(2, 3)))
    anchor, body = comment(one)
    assert (anchor.start, anchor.line) == (0, 2)
    assert "\n```suggestion\n      tty: no\n```\n" in body
    anchor, body = comment(two)
    assert (anchor.start, anchor.line) == (2, 3)
    assert "\n```suggestion\n" in body
    anchor, body = comment(on_gitlab(one))
    assert (anchor.start, anchor.line) == (0, 2)
    assert "\n```suggestion:-0+0\n" in body
    anchor, body = comment(on_gitlab(two))
    assert (anchor.start, anchor.line) == (0, 2)
    assert "\n```suggestion:-0+1\n" in body


@pytest.mark.parametrize(
    "there",
    [
        offering(4, 22),  # two hunks
        offering(4, 5),  # one line of it is not shown
        offering(40, 40),
        offering(0, 0),
        offering(3, 2),
        offering(2, 2, location=Location(PATH, 2, Side.BASE, block=(1, 9))),
        offering(2, 2, "      tty: no # \u202egnp"),
        offering(2, 2, "      tty: \x1b[1m"),
        offering(2, 2, "a" * 5000),
    ],
)
def test_where_it_cannot_be_committed_it_is_said_in_words(there: Finding) -> None:
    judged = review(result(replace(there, fix="Turn it off.")))
    _anchor, body = comment(judged)
    assert "suggestion" not in body
    assert "**Fix:** Turn it off." in body


def test_on_gitlab_no_line_is_an_order() -> None:
    judged = review(result(offering(2, 2, "tty: no\n/close")))
    assert "```suggestion\n" in comment(judged)[1]
    assert "suggestion" not in comment(on_gitlab(judged))[1]


def test_two_findings_in_one_thread_suggest_nothing() -> None:
    judged = review(result(offering(2, 2), offering(3, 3, detail="side")))
    assert "```" not in comment(judged)[1]


def test_a_renamed_file_is_named_as_the_forge_does() -> None:
    file = ChangedFile(
        FileStatus.RENAMED, "old.yaml", PATH, "1" * 40, "2" * 40, "100644", "100644",
        (Hunk(1, 1, " + "),),
    )  # fmt: skip
    anchor, body = comment(review(result(offering(2, 2))), Diff((file,)))
    assert (anchor.path, anchor.old_path, anchor.line) == (PATH, "old.yaml", 2)
    assert "suggestion" in body


@pytest.mark.parametrize("inside", ["a: `x`", "a: |\n  ```\n  x", "````````", "`a`\n```suggestion"])
@pytest.mark.parametrize("forge", [ForgeName.GITHUB, ForgeName.GITLAB])
def test_the_fence_is_longer_than_any_inside(inside: str, forge: ForgeName) -> None:
    text = suggestion.block(Suggestion(1, 2, inside), forge)
    (fence,) = MarkdownIt("commonmark").parse(text)
    assert fence.type == "fence"
    assert fence.content == inside + "\n"
    assert fence.info == ("suggestion:-0+1" if forge is ForgeName.GITLAB else "suggestion")


@pytest.mark.parametrize("forge", [ForgeName.GITHUB, ForgeName.GITLAB])
def test_what_is_over_cannot_be_committed(forge: ForgeName) -> None:
    before = "Bad.\n\n" + suggestion.block(Suggestion(1, 2, "a: 1\n```suggestion"), forge)
    fences = [each for each in MarkdownIt("commonmark").parse(over("**Fixed.**", before))
              if each.type == "fence"]  # fmt: skip
    assert [(each.info, each.content) for each in fences] == [("", "a: 1\n```\n")]


def test_a_comment_that_stands_elsewhere_suggests_nothing() -> None:
    judged = review(result(offering(2, 2)))
    want = wanted(judged, TWO_HUNKS, KEY)
    (group,) = want.groups
    posted = Posted(want.mark(group), "1", anchor=Anchor(AnchorKind.LINE, PATH, 2))
    assert "suggestion" in want.again(group, posted).body
    for other in (
        None,
        Anchor(AnchorKind.LINE, PATH, 3),
        Anchor(AnchorKind.LINE, PATH, 2, start=1),
        Anchor(AnchorKind.LINE, PATH, 2, Side.BASE),
        Anchor(AnchorKind.LINE, "b.yaml", 2),
        Anchor(AnchorKind.FILE, PATH, 2),
    ):
        again = want.again(group, replace(posted, anchor=other))
        assert "suggestion" not in again.body
        # It is the same text to us: the next push must not edit it for that.
        assert again.mark == want.mark(group)


def test_a_file_level_comment_suggests_nothing() -> None:
    want = wanted(review(result(offering(2, 2))), TWO_HUNKS, KEY)
    (group,) = want.groups
    assert "suggestion" not in want.thread(group, Anchor(AnchorKind.FILE, PATH)).body


def test_the_diff_says_which_lines_stand_together() -> None:
    assert TWO_HUNKS.span(PATH, 1, 4) == Anchor(AnchorKind.LINE, PATH, 4, old_line=2, start=1)
    assert TWO_HUNKS.span(PATH, 22, 24) is not None
    for first, last in ((4, 22), (1, 5), (24, 25), (3, 1), (0, 1)):
        assert TWO_HUNKS.span(PATH, first, last) is None
    assert TWO_HUNKS.span("b.yaml", 1, 1) is None
    assert TWO_HUNKS.accepts(Anchor(AnchorKind.LINE, PATH, 4, start=1))
    assert not TWO_HUNKS.accepts(Anchor(AnchorKind.LINE, PATH, 22, start=4))
    assert not TWO_HUNKS.accepts(Anchor(AnchorKind.LINE, PATH, 3, start=3))
