"""Hints of one release in one row of the summary."""

from dataclasses import replace

from bot.markdown import summary
from bot.markdown.links import Links
from bot.review import Pardon, PardonKind, Review
from rules.finding import Finding, Severity
from tests.bot import given


def hint(name: str, project: str = "shop", detail: str = "") -> Finding:
    found = given.finding("missing-reference", f"{project}/web.yaml", 9, name=name, family=None)
    severity = Severity.INFO
    return replace(found, severity=severity, project=project, detail=detail or f"Secret {name}")


def rows(review: Review) -> list[str]:
    text = summary.body(summary.Page(review, Links(review.change)))
    return [line for line in text.split("\n") if line.startswith("| info |")]


def test_what_a_release_needs_from_elsewhere_is_one_row() -> None:
    every = [hint("a"), hint("b"), hint("c", "test"), given.warning()]
    shop, other = rows(given.review(given.result(*every)))
    assert "creates what pods here name: `Secret a`, `Secret b` | [`shop/web.yaml:9`]" in shop
    assert "test/web.yaml" in other
    assert "`c`" in other


def test_each_of_a_row_can_be_named_to_us() -> None:
    review = given.review(given.result(hint("a"), hint("b")))
    (row,) = rows(review)
    assert all(f"`{short}`" in row for short in review.ids.values())


def test_a_row_is_cut() -> None:
    (row,) = rows(given.review(given.result(*(hint(f"n{number}") for number in range(12)))))
    assert "`Secret n7` and 4 more |" in row
    assert "Secret n8" not in row


def test_what_blocks_or_was_let_pass_has_its_own_row() -> None:
    blocks = replace(hint("a"), severity=Severity.WARNING)
    passed, told = hint("b"), hint("c")
    review = given.review(given.result(blocks, passed, told))
    pardon = Pardon(PardonKind.ALLOW, "mia", "made by hand")
    review = replace(review, exceptions={passed.identity: pardon})
    assert len(rows(review)) == 2
    assert any("mia" in row for row in rows(review))


def test_names_are_shown_as_code_and_no_secret_is() -> None:
    token = "ghp_" + "a1B2" * 9
    (row,) = rows(
        given.review(given.result(hint("a", detail="Secret | x"), hint("b", detail=token)))
    )
    assert "| x" not in row.replace("| info |", "")
    assert token not in row
