"""docs/rules.md is what the rules say, and stale ones are noticed."""

import sys
from pathlib import Path

import pytest

from rules import docs
from rules.files import author_suppression, escaping_path, unreadable_file
from rules.rule import rules_of


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["rules.docs", *arguments])
    return docs.main()


def test_the_page_is_written_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "PAGE", tmp_path / "docs" / "rules.md")
    assert run(monkeypatch, "--check") == 1
    assert "make docs" in capsys.readouterr().err
    assert run(monkeypatch) == 0
    assert run(monkeypatch, "--check") == 0
    with docs.PAGE.open("a") as page:
        page.write("x")
    assert run(monkeypatch, "--check") == 1


def test_each_rule_has_a_section_with_its_examples() -> None:
    book = docs.book()
    for kind in ("kubernetes", "dockerfile"):
        for rule in rules_of(kind):
            assert f"\n### {rule.name}\n" in book
            assert docs.entry(rule).page in book
    (privileged,) = (each for each in rules_of("kubernetes") if "privileged" in each.name)
    page = docs.entry(privileged).page
    assert "privileged: true   # <--" in page
    assert "Blocks wherever it is new" in page
    assert page.count("```yaml") == len(privileged.bad) + len(privileged.good)


def test_what_a_rule_does_is_what_the_default_profile_makes_of_it() -> None:
    effects = {entry.name: entry.effect for entry in docs.entries()}
    assert effects["floating-base"] == "warns; blocks under the profile `strict`"
    assert effects["named-user"] == "warns"
    assert effects["root-container"] == "blocks on what a change adds; elsewhere it warns"


def test_own_findings_are_explained_too() -> None:
    assert {entry.name for entry in docs.entries()} >= {
        author_suppression.NAME,
        escaping_path.NAME,
        unreadable_file.NAME,
    }
