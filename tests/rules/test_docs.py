"""docs/rules.md is what the rules say, and stale ones are noticed."""

import importlib
import pkgutil
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path

import pytest

import rules.files
from rules import docs
from rules.entries import KINDS, entries, entry
from rules.groups import GROUPS, OTHERS, group_of
from rules.rule import rules_of

_OWN = list(pkgutil.iter_modules(rules.files.__path__))
_HEADING = re.compile(r"#{1,6} ")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


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
    for kind in KINDS:
        for rule in rules_of(kind):
            assert f"\n### {rule.name}\n" in book
            assert docs.section(entry(rule)) in book
    (privileged,) = (each for each in rules_of("kubernetes") if each.name == "privileged-container")
    for whole in (docs.section(entry(privileged)), docs.page(entry(privileged))):
        assert "privileged: true   # <--" in whole
        assert "Blocks wherever it is new" in whole
        assert "# redline: allow privileged-container" in whole
        assert whole.count("```yaml") == len(privileged.bad) + len(privileged.good)


def test_what_a_rule_does_is_what_the_default_profile_makes_of_it() -> None:
    effects = {entry.name: entry.effect for entry in entries()}
    assert effects["floating-base"] == "warns; blocks under the profile `strict`"
    assert effects["named-user"] == "warns"
    assert effects["floating-image"] == "blocks on what a change adds; elsewhere it warns"
    assert effects["root-container"].startswith("blocks on what a change adds, and wherever")


def test_own_findings_are_explained_too() -> None:
    modules = [importlib.import_module(f"rules.files.{each.name}") for each in _OWN]
    own = {module.NAME for module in modules if hasattr(module, "NAME")}
    assert len(own) > 3
    assert {entry.name for entry in entries()} >= own


def test_each_rule_stands_in_one_group_and_the_overview() -> None:
    named = [name for group in GROUPS for name in group.rules]
    assert len(set(named)) == len(named)
    assert set(named) <= {each.name for each in entries()}
    assert group_of("new-rule", "kubernetes") == OTHERS.title
    assert group_of("new-rule", "dockerfile") == "Dockerfiles"
    overview = docs.book().partition("\n## ")[0]
    assert not [
        each.name for each in entries() if f"| [{each.name}](#{each.name}) |" not in overview
    ]


def test_why_and_fix_are_told_apart() -> None:
    for each in entries():
        assert each.why, each.name
        assert each.fix, each.name
        assert "Fix:" not in each.why + each.fix, each.name


def test_the_first_good_example_is_the_first_bad_one_mended() -> None:
    for each in entries():
        if each.bad:
            before, after = each.bad[0].text.split(), each.good[0].text.split()
            assert SequenceMatcher(None, before, after).ratio() > 0.3, each.name


def test_every_link_leads_somewhere() -> None:
    text = docs.book()
    headings = {
        docs.anchor(line.lstrip("# ")) for line in text.splitlines() if _HEADING.match(line)
    }
    targets = _LINK.findall(_FENCE.sub("", text))
    assert len(targets) > len(list(entries()))
    for target in targets:
        path, _, fragment = target.partition("#")
        if path:
            assert (docs.PAGE.parent / path).is_file(), target
        else:
            assert fragment in headings, target


def test_anchors_are_made_as_the_forges_make_them() -> None:
    assert docs.anchor("Redline's own findings") == "redlines-own-findings"
    assert docs.anchor("Whether a pod starts, and keeps running") == (
        "whether-a-pod-starts-and-keeps-running"
    )
