"""hadolint: the real one, in the real sandbox; and one that lies, crashes or is not there."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.change import ChangedFile, FileStatus, Hunk
from rules.finding import Finding, Severity
from rules.rule import rules_of
from tests.workers.stages.given import Files, project
from workers import sandbox
from workers.project import Judged, Unchecked
from workers.stages import dockerfile_rules, hadolint

DIRTY = """\
FROM debian:12.8
RUN apt-get update && apt-get install curl
WORKDIR app
CMD app --serve
"""


@pytest.fixture(autouse=True)
def _chosen() -> None:
    sandbox.use("auto")


def judged(files: dict[str, str | bytes], *paths: str, changed: tuple[str, ...] = ()) -> Judged:
    return hadolint.run(project(Files(files), *paths, changed=changed))


def said(findings: tuple[Finding, ...]) -> set[tuple[str, int]]:
    return {(one.rule.removeprefix("hadolint/"), one.location.line) for one in findings}


def test_it_lints_every_file_in_one_call() -> None:
    found = judged({"a/Dockerfile": DIRTY, "b/web.Dockerfile": "\n\n" + DIRTY})
    first = {("DL3008", 2), ("DL3009", 2), ("DL3014", 2), ("DL3015", 2), ("DL3000", 3)}
    assert said(tuple(f for f in found.findings if f.project == "a")) >= first | {("DL3025", 4)}
    second = tuple(f for f in found.findings if f.address == "b/web.Dockerfile")
    assert said(second) >= {(code, line + 2) for code, line in first}
    assert found.subjects == {("a", "a/Dockerfile"), ("b", "b/web.Dockerfile")}


def test_it_warns_at_most() -> None:
    found = judged({"Dockerfile": DIRTY}).findings
    grave = {one.rule: one.severity for one in found}
    assert grave["hadolint/DL3000"] is Severity.WARNING  # an error to hadolint
    assert grave["hadolint/DL3015"] is Severity.INFO
    assert {one.blocks.value for one in found} == {"never"}


def test_what_our_rules_say_is_not_said_twice() -> None:
    text = "FROM debian\nFROM debian:latest\nENV API_TOKEN=abcdef\nUSER app\n"
    assert judged({"Dockerfile": text}).findings == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DL3002", "FROM debian:12.8\nUSER root\n"),
        ("DL3006", "FROM debian\nUSER 1000\n"),
        ("DL3007", "FROM debian:latest\nUSER 1000\n"),
        ("DL3059", "FROM debian:12.8\nRUN true\nRUN false\nUSER 1000\n"),
        ("DL3064", "FROM debian:12.8\nENV API_TOKEN=abcdef\nUSER 1000\n"),
        ("DL3066", "FROM debian:12.8\nUSER app\n"),
    ],
)
def test_a_code_that_is_left_out_is_said_by_the_rule_that_answers_it(code: str, text: str) -> None:
    assert judged({"Dockerfile": text}).findings == ()
    ours = dockerfile_rules.run(project(Files({"Dockerfile": text}))).findings
    assert [one.rule for one in ours] == [hadolint.codes().ours[code]]


def test_each_pair_names_a_rule_that_there_is() -> None:
    assert {*hadolint.codes().ours.values()} <= {rule.name for rule in rules_of("dockerfile")}


def test_its_own_words_are_not_shown() -> None:
    text = "FROM debian:12.8\nRUN echo $secret_value_9 && hunter2=1\n"
    found = judged({"Dockerfile": text}).findings
    assert found
    assert not [one for one in found if "secret_value_9" in repr(one) or "hunter2" in repr(one)]


def test_edits_elsewhere_change_no_identity() -> None:
    before = {one.rule: one.identity for one in judged({"Dockerfile": DIRTY}).findings}
    text = "# c\n" + DIRTY.replace("12.8", "12.9").replace("WORKDIR", "RUN true\nWORKDIR")
    after = {one.rule: one.identity for one in judged({"Dockerfile": text}).findings}
    assert before.items() <= after.items()


OFTEN = """\
FROM debian:12.8
RUN apt-get update && apt-get install -y curl
RUN apt-get install -y git
RUN apt-get install -y vim
"""


def test_what_people_do_in_each_line_is_said_once_a_file_and_does_not_warn() -> None:
    found = judged({"a/Dockerfile": OFTEN, "b/Dockerfile": OFTEN}).findings
    pins = [one for one in found if one.rule == "hadolint/DL3008"]
    assert [(one.address, one.location.line) for one in pins] == [
        ("a/Dockerfile", 2),
        ("b/Dockerfile", 2),
    ]
    assert {one.severity for one in pins} == {Severity.INFO}
    assert pins[0].message.endswith(" Found on 3 lines of this file.")
    (alone,) = (one for one in judged({"Dockerfile": DIRTY}).findings if one.rule == pins[0].rule)
    assert pins[0].message.startswith(alone.message)
    assert (alone.project, alone.detail) == ("", pins[0].detail)


def test_it_stands_on_a_line_that_the_change_wrote() -> None:
    file = ChangedFile(
        FileStatus.MODIFIED, "Dockerfile", "Dockerfile", "", "", "100644", "100644",
        (Hunk(3, 3, " +"),),
    )  # fmt: skip
    there = replace(project(Files({"Dockerfile": OFTEN})), changed=(file,))
    found = [one for one in hadolint.run(there).findings if one.rule == "hadolint/DL3008"]
    assert [one.location.line for one in found] == [4]


def test_each_word_of_ours_is_a_sentence() -> None:
    codes = hadolint.codes()
    assert {*codes.once, *codes.info} <= codes.messages.keys()
    wrong = [text for text in codes.messages.values() if text[-1] not in ".}" or len(text) > 120]
    assert wrong == []


def test_a_shell_mistake_is_told_in_our_words() -> None:
    text = "FROM debian:12.8\nRUN rm -rf $TMP/x && cat <(ls)\n"
    said = {one.rule: one.message for one in judged({"Dockerfile": text}).findings}
    assert said["hadolint/SC3001"].startswith("`<(...)` is not in POSIX sh")


def test_equal_ones_are_told_apart() -> None:
    text = "FROM debian:12.8\nRUN cd /a\nRUN cd /a\n"
    found = judged({"Dockerfile": text}).findings
    assert len({one.rule for one in found}) < len(found) == len({one.identity for one in found})


@pytest.mark.parametrize(
    "comment", ["# hadolint ignore=DL3008,DL3000", "#hadolint ignore = DL3008"]
)
def test_a_pragma_of_the_change_silences_nothing_and_is_said(comment: str) -> None:
    text = DIRTY.replace("RUN apt", f"{comment}\nRUN apt")
    found = judged({"Dockerfile": text}).findings
    assert {("DL3008", 3), ("DL3015", 3)} <= said(found)
    (one,) = [each for each in found if each.rule == "author-suppression"]
    assert (one.location.line, one.severity) == (2, Severity.INFO)
    assert "hadolint/DL3008" in one.message


def test_a_global_pragma_is_said_once() -> None:
    text = f"# hadolint global ignore=DL3008\n{DIRTY}RUN apt-get install -y vim\n"
    found = [f for f in judged({"Dockerfile": text}).findings if f.rule == "author-suppression"]
    assert [one.location.line for one in found] == [1]


@pytest.mark.parametrize(
    "text",
    [
        DIRTY.replace("RUN apt", "# hadolint ignore=DL3027\nRUN apt"),  # nothing of it is found
        DIRTY.replace("RUN apt", "# hadolint ignore=DL3008\n\nRUN apt"),  # not on the line above
        DIRTY.replace("RUN apt", "# see hadolint, DL3008\nRUN apt"),
        "# hadolint ignore=DL3007\nFROM debian:latest\n",  # ours says it, pragma or not
    ],
)
def test_a_pragma_without_effect_is_not_said(text: str) -> None:
    found = judged({"Dockerfile": text}).findings
    assert not [one for one in found if one.rule == "author-suppression"]


CONFIGURATION = "failure-threshold: error\nignored:\n  - DL3027\n  - DL3008\noverride: {}\n"


def test_a_configuration_of_the_change_silences_nothing_and_is_said() -> None:
    files: dict[str, str | bytes] = {"a/Dockerfile": DIRTY, ".hadolint.yaml": CONFIGURATION}
    found = judged(files, "a/Dockerfile", changed=(".hadolint.yaml",)).findings
    assert ("DL3008", 2) in said(found)
    (one,) = [each for each in found if each.rule == "author-suppression"]
    assert (one.location.path, one.location.line, one.address) == (
        ".hadolint.yaml", 4, ".hadolint.yaml",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "content", "changed"),
    [
        (".hadolint.yaml", CONFIGURATION, ()),  # it was there before
        ("b/.hadolint.yaml", CONFIGURATION, ("b/.hadolint.yaml",)),
        (".hadolint.yaml", "[", (".hadolint.yaml",)),
        (".hadolint.yaml", "ignored: DL3008", (".hadolint.yaml",)),
    ],
)
def test_a_configuration_that_silences_nothing_is_not_said(
    path: str, content: str, changed: tuple[str, ...]
) -> None:
    found = judged({"a/Dockerfile": DIRTY, path: content}, "a/Dockerfile", changed=changed)
    assert ("DL3008", 2) in said(found.findings)
    assert not [one for one in found.findings if one.rule == "author-suppression"]


def test_what_docker_refuses_is_left_to_our_parser() -> None:
    found = judged({"Dockerfile": "FROM a\nFOO\n", "b/Dockerfile": b"\xff\xfeF\x00"})
    assert found == Judged()


def test_what_only_hadolint_cannot_parse_is_a_note() -> None:
    text = "FROM a:1\nRUN\nWORKDIR app\n"
    found = judged({"Dockerfile": text, "b/Dockerfile": DIRTY})
    assert found.notes == ("hadolint cannot parse Dockerfile; our own rules judged it",)
    assert {one.address for one in found.findings} == {"b/Dockerfile"}


def test_file_names_of_the_change_reach_no_command_line() -> None:
    names = ["--config=evil.Dockerfile", "a b\n/Dockerfile", "-rf/Dockerfile", "$(id)/Dockerfile"]
    found = judged(dict.fromkeys(names, DIRTY))
    assert {one.address for one in found.findings} == set(names)


def fake(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hadolint of our own."""
    program = folder / "hadolint"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    monkeypatch.setattr(hadolint, "_program", lambda: program)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo secret-output", "not its JSON format"),
        ("echo '{}'", "not its JSON format"),
        ("echo '[{\"file\": 1}]'", "not its JSON format"),
        ("printf '\\377'", "not its JSON format"),
        ("exit 3", "failed (exit 3)"),
        ("kill -9 $$", "hadolint"),
        ("sleep 30", "took longer than"),
        ("yes", "printed more than"),
    ],
)
def test_a_hadolint_that_fails_is_unchecked_and_never_quoted(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, script, monkeypatch)
    limits = sandbox.Limits(seconds=1.7, output=1 << 20)
    monkeypatch.setattr(hadolint, "_LIMITS", limits)
    with pytest.raises(Unchecked) as why:
        judged({"Dockerfile": DIRTY})
    assert reason in str(why.value)
    assert "secret-output" not in str(why.value)
    assert not why.value.theirs


def test_rows_about_other_files_and_lines_do_not_mislead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ", ".join(
        f'{{"file": "{name}", "line": {line}, "level": "error", "code": "{code}", "message": "x"}}'
        for name, line, code in [
            ("/etc/passwd", 1, "DL3000"),
            ("9.Dockerfile", 1, "DL3000"),
            ("0.Dockerfile", 99999, "DL3000"),
            ("0.Dockerfile", -5, "<img src=x>"),
        ]
    )
    fake(tmp_path, f"echo '[{rows}]'", monkeypatch)
    found = judged({"Dockerfile": DIRTY}).findings
    assert {(one.rule, one.location.line) for one in found} == {
        ("hadolint/DL3000", 4),
        ("hadolint/unknown", 1),
    }


def test_a_missing_hadolint_is_unchecked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unchecked, match="hadolint is not installed"):
        judged({"Dockerfile": DIRTY})


def test_without_a_sandbox_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> sandbox.Way:
        raise sandbox.Refused("no way of keeping programs apart works here")

    monkeypatch.setattr(sandbox, "current", refused)
    with pytest.raises(Unchecked, match="no way of keeping programs apart works here"):
        judged({"Dockerfile": DIRTY})


def test_nothing_to_lint_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hadolint, "_program", lambda: Path("/nowhere"))
    assert judged({"Dockerfile": "FOO\n"}) == Judged()


def test_the_table_speaks_of_codes_that_look_like_codes() -> None:
    table = hadolint.codes()
    for code in {*table.ours, *table.info, *table.messages}:
        assert code[:2] in ("DL", "SC")
        assert code[2:].isdigit()
    assert all(text.endswith(".") and len(text) < 200 for text in table.messages.values())
    assert not set(table.ours) & set(table.messages)
