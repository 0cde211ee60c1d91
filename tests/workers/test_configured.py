"""A repository's settings on the whole: real git, a real child, the file of the target branch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.change import Change
from bot.review import Outcome, Review
from rules.config import Defaults
from rules.finding import Severity
from tests.repositories import Content, Repository
from tests.workers.conftest import change_of
from workers import parent
from workers.checkout import fetched
from workers.pipe import Wishes

Files = Mapping[str, Content]
Judge = Callable[..., "Judged"]

SETTINGS = ".redline.yaml"
BASE = "FROM registry.example/base:1.4.2\nUSER 10001:10001\n"
SECRET = BASE + "ENV DB_PASSWORD=kx82hPq0aZr\n"  # blocks
FLOATING = "FROM registry.example/base\nUSER 10001:10001\n"  # warns; its letter is B
NAMED = "FROM registry.example/base:1.4.2\nUSER app\n"  # warns
FILES: Files = {"apps/Dockerfile": SECRET, "tests/Dockerfile": SECRET, "Dockerfile": NAMED}


@dataclass(frozen=True)
class Judged:
    """A review, and what it says by rule and path."""

    review: Review

    @property
    def found(self) -> dict[tuple[str, str], str]:
        return {(one.rule, one.location.path): one.severity.word for one in self.review.findings}

    def of(self, rule: str) -> dict[str, str]:
        return {path: word for (name, path), word in self.found.items() if name == rule}

    @property
    def notes(self) -> list[str]:
        return [note for result in self.review.results for note in result.notes]


@pytest.fixture
def judge(forge: Repository, tmp_path: Path) -> Judge:
    """Judge a change: the files of main, what a branch makes of them, the operator's defaults."""

    def judged(before: Files, after: Files, defaults: Defaults | None = None) -> Judged:
        base = forge.commit(before)
        head = forge.commit(after, branch="change", on=base)
        return reviewed(tmp_path, change_of(forge, base, head), defaults)

    return judged


def reviewed(folder: Path, change: Change, defaults: Defaults | None = None) -> Judged:
    wishes = Wishes(tools=False, defaults=defaults or Defaults())
    with (
        fetched(change, "", folder / "state", local=True) as checkout,
        parent.child() as child,
    ):
        results = child.run(checkout, wishes, lambda _: None)
        chosen = child.configured
        review = Review(change, results, chosen.gate, {}, chosen.remarks, off=chosen.off)
        return Judged(review)


def settings(text: str) -> Files:
    return {"readme.md": "x\n", SETTINGS: text}


def test_without_settings_the_defaults_hold(judge: Judge) -> None:
    have = judge({"readme.md": "x\n"}, FILES)
    assert have.of("baked-secret") == {
        "apps/Dockerfile": "blocking",
        "tests/Dockerfile": "blocking",
    }
    assert have.of("named-user") == {"Dockerfile": "warning"}
    assert have.review.outcome is Outcome.FAILED
    assert have.review.blocks
    assert have.review.remarks == ()


WEAKER = {
    "observe": "gate: {profile: observe}\n",
    "a rule is off": "rules: {baked-secret: off, named-user: off}\n",
    "files are excluded": "exclude: ['**']\n",
    "stages are off": "stages: {dockerfile-rules: off, kubernetes-rules: off}\n",
    "a lighter severity": "rules: {baked-secret: info}\n",
}


@pytest.mark.parametrize("weaker", WEAKER.values(), ids=WEAKER)
def test_what_a_change_brings_counts_once_it_is_merged(
    forge: Repository, tmp_path: Path, weaker: str
) -> None:
    base = forge.commit({"readme.md": "x\n"})
    head = forge.commit({**FILES, SETTINGS: weaker}, branch="change", on=base)
    have = reviewed(tmp_path, change_of(forge, base, head))
    assert have.review.blocks
    assert have.of("baked-secret") == {
        "apps/Dockerfile": "blocking",
        "tests/Dockerfile": "blocking",
    }
    held = f"this change edits `{SETTINGS}`: until it is merged the target branch's holds"
    assert held in have.notes
    merged = forge.commit({"readme.md": "x\n", SETTINGS: weaker})
    head = forge.commit(FILES, branch="change", on=merged)
    assert not reviewed(tmp_path, change_of(forge, merged, head)).review.blocks


def test_the_settings_of_a_base_that_has_moved_on_count(forge: Repository, tmp_path: Path) -> None:
    """Not those of the merge base: what was merged since is the repository's word."""
    start = forge.commit(settings("gate: {profile: observe}\n"))
    head = forge.commit(FILES, branch="change", on=start)
    now = forge.commit(settings("gate: {profile: strict}\n"))
    change = replace(change_of(forge, start, head), base=now)
    assert reviewed(tmp_path, change).review.blocks
    assert not reviewed(tmp_path, change_of(forge, start, head)).review.blocks


def test_severity_by_path(judge: Judge) -> None:
    rules = """\
rules:
  baked-secret:
    - {severity: info, paths: ["tests/**"]}
    - {severity: warning, paths: ["apps/**"]}
  named-user: blocking
"""
    have = judge(settings(rules), FILES)
    assert have.of("baked-secret") == {"apps/Dockerfile": "warning", "tests/Dockerfile": "info"}
    assert have.of("named-user") == {"Dockerfile": "blocking"}
    assert [one.rule for one in have.review.blocking] == ["named-user"]
    assert have.review.remarks == ()


def test_off_at_some_paths_and_everywhere(judge: Judge) -> None:
    rules = "rules: {baked-secret: {severity: off, paths: [tests/]}, named-user: off}\n"
    have = judge(settings(rules), FILES)
    assert have.of("baked-secret") == {"apps/Dockerfile": "blocking"}
    assert have.of("named-user") == {}
    assert have.review.switched_off == ("Off by configuration: 1 rule, 1 rule at some paths.",)


def test_what_is_excluded(judge: Judge) -> None:
    have = judge(settings("exclude: ['tests/', '/Dockerfile']\n"), FILES)
    assert {path for _, path in have.found} == {"apps/Dockerfile"}
    assert "not judged, excluded by configuration: Dockerfile, tests/Dockerfile" in have.notes


def test_a_stage_that_is_off_says_so(judge: Judge) -> None:
    have = judge(settings("stages: {dockerfile-rules: off}\n"), FILES)
    (stage,) = [one for one in have.review.results if one.stage == "dockerfile-rules"]
    assert (stage.outcome, stage.reason) == (Outcome.NOT_NEEDED, "switched off by configuration")
    assert have.review.switched_off == ("Off by configuration: 1 stage.",)


def test_strict_takes_each_rule_at_its_letter(judge: Judge) -> None:
    before = {
        **settings("gate: {profile: strict}\n"),
        "Dockerfile": BASE,
        "v/vendor/Dockerfile": BASE,
    }
    changed = {"Dockerfile": FLOATING, "v/vendor/Dockerfile": FLOATING}
    have = judge(before, changed)
    assert have.of("floating-base") == dict.fromkeys(changed, "blocking")
    assert have.review.blocks
    default = judge({**before, SETTINGS: "gate: {profile: default}\n"}, changed)
    assert default.of("floating-base") == dict.fromkeys(changed, "warning")
    assert not default.review.blocks


def test_observe_says_all_and_holds_nothing_back(judge: Judge) -> None:
    have = judge(settings("gate: {profile: observe}\n"), FILES)
    assert have.of("baked-secret")["apps/Dockerfile"] == "blocking"
    assert have.review.outcome is Outcome.FAILED
    assert not have.review.blocks


UNREADABLE = {
    "a typing error": ("version: 1\ngate: {profile: strict\n", "line 2"),
    "an unknown key": ("gate: {profile: default}\nrulez: {baked-secret: off}\n", "line 2"),
    "no text": (b"\xff\xfe\xff", "line 1"),
    "another file's bomb": ("[" * 100_000, "line 1"),
}


@pytest.mark.parametrize(("text", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_at_base_blocks_nothing_and_is_said(
    judge: Judge, text: str | bytes, line: str
) -> None:
    have = judge({"readme.md": "x\n", SETTINGS: text}, {"Dockerfile": NAMED})
    assert have.of("named-user") == {"Dockerfile": "warning"}
    assert have.of("bad-config") == {}
    assert not have.review.blocks
    (remark,) = have.review.remarks
    assert remark.startswith(f"`{SETTINGS}` of the target branch, {line}: ")


@pytest.mark.parametrize(("text", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_the_same_fault_in_a_change_blocks(judge: Judge, text: str | bytes, line: str) -> None:
    have = judge({"readme.md": "x\n"}, {SETTINGS: text})
    assert have.of("bad-config") == {SETTINGS: "blocking"}
    (fault,) = [one for one in have.review.findings if one.rule == "bad-config"]
    assert f"line {fault.location.line}" == line
    assert have.review.blocks


def test_the_operator_s_defaults_and_what_they_enforce(judge: Judge) -> None:
    operator = Defaults(
        {
            "gate": {"profile": "strict"},
            "rules": {"named-user": "off", "baked-secret": "blocking"},
        },
        (("gate", "profile"), ("rules", "baked-secret")),
    )
    weak = "gate: {profile: observe}\nrules: {baked-secret: off, named-user: info}\n"
    have = judge(settings(weak), FILES, operator)
    assert have.review.profile == "strict"
    assert have.of("baked-secret")["apps/Dockerfile"] == "blocking"
    assert have.of("named-user") == {"Dockerfile": "info"}  # not enforced
    assert have.review.blocks
    alone = judge({"readme.md": "x\n", SETTINGS: None}, FILES, operator)
    assert alone.of("named-user") == {}
    assert alone.review.gate.block_on is Severity.BLOCKING


def test_a_secret_in_a_fault_is_not_repeated(judge: Judge) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    have = judge(settings(f"gate: {{profile: {token}}}\n"), {"Dockerfile": NAMED})
    assert token not in str(have.review.remarks)
    assert token not in str(
        judge({SETTINGS: None}, {SETTINGS: f"gate: {{profile: {token}}}\n"}).review
    )
