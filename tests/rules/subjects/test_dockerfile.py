"""The Dockerfile subject: exact lines, what Docker refuses, stages, and the final user."""

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.rule import judge, rules_of
from rules.subjects.dockerfile import (
    Dockerfile,
    Unreadable,
    UserKind,
    is_dockerfile,
    parse,
)
from rules.subjects.words import UNKNOWN

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


def spans(text: str | bytes) -> str:
    """Each instruction with its lines, ``FROM1 RUN2-4``."""
    found = parse(text, "Dockerfile").instructions
    return " ".join(f"{one.keyword}{_lines(one.first, one.last)}" for one in found)


def _lines(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("FROM a", "FROM1"),
        ("\n\n# c\nFROM a\n", "FROM4"),
        ("FROM a\nRUN b \\\n c\n", "FROM1 RUN2-3"),
        ("FROM a\nRUN b \\  \t\n c\n", "FROM1 RUN2-3"),
        ("FROM a\nRUN b \\\n# c\n\n   # d\n e\nUSER 1", "FROM1 RUN2-6 USER7"),
        ("FROM a\nRUN b \\\\\nUSER 1\n", "FROM1 RUN2 USER3"),
        ("FROM a\nRUN b \\", "FROM1 RUN2"),
        ("FROM a\nRUN b \\\n# end\n", "FROM1 RUN2-3"),
        ("FROM a\r\nRUN b \\\r\n c\r\n", "FROM1 RUN2-3"),
        ("FROM a\x0b\nRUN b", "FROM1 RUN2"),
        ("\ufeffFROM a\nRUN b", "FROM1 RUN2"),
        ("# escape=`\nFROM a\nRUN b `\n c\nRUN d\\\nUSER 1", "FROM2 RUN3-4 RUN5 USER6"),
        ("#c\n# escape=`\nFROM a\nRUN b \\\n c", "FROM3 RUN4-5"),
        ("FROM a\nRUN <<EOF\nb\nEOF\nUSER 1", "FROM1 RUN2-4 USER5"),
        ("FROM a\nRUN <<-EOF\n\tb\n\tEOF\nUSER 1", "FROM1 RUN2-4 USER5"),
        ("FROM a\nRUN <<'A' <<\"B\" cat\nA\n\\\nB\nUSER 1", "FROM1 RUN2-5 USER6"),
        ("FROM a\nCOPY <<a /x\nFROM b\na\nUSER 1", "FROM1 COPY2-4 USER5"),
        ("FROM a\nRUN cat <<< EOF\nUSER 1", "FROM1 RUN2 USER3"),
        ("FROM a\nRUN echo '<<EOF'\nUSER 1", "FROM1 RUN2 USER3"),
        ("FROM a\nRUN echo $((1<<2))\nUSER 1", "FROM1 RUN2 USER3"),
        ('FROM a\nRUN ["<<EOF"]\nUSER 1', "FROM1 RUN2 USER3"),
        ("FROM a\nONBUILD RUN <<EOF\nb\nEOF\nUSER 1", "FROM1 ONBUILD2-4 USER5"),
        ("FROM a\nENV A=<<EOF\nUSER 1", "FROM1 ENV2 USER3"),
        ("FROM a\nRUN b\x00c\nUSER 1", "FROM1 RUN2 USER3"),
        ("FROM a\nRUN b\u2028c\x85d\nUSER 1", "FROM1 RUN2 USER3"),
    ],
)
def test_instructions_have_their_lines(text: str, want: str) -> None:
    assert spans(text) == want


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# only\n\n", 1),
        ("FROM a\nFOO b", 2),
        ("RUN a\nFROM b", 1),
        ("ARG A\nENV B=1\nFROM a", 2),
        ("ARG A", 1),
        ("FROM a\nRUN <<EOF\nb", 2),
        ("FROM a b", 1),
        ("FROM a AS 1x", 1),
        ("FROM a AS", 1),
        ("FROM ${", 1),
        ("FROM a\nENV", 2),
        ("FROM a\nENV A", 2),
        ("FROM a\nENV A=1 B", 2),
        ("FROM a\nENV =1", 2),
        ("FROM a\nARG", 2),
        ("FROM a\nCOPY b", 2),
        ("FROM a\nCOPY b <<EOF\nEOF", 2),
        ("FROM a\nUSER", 2),
        ("FROM a\nWORKDIR ", 2),
        ("FROM a\nSHELL bash", 2),
        ('FROM a\nRUN ["b", 1]', 2),
        ("FROM a\nHEALTHCHECK FOO", 2),
        ("FROM a\nONBUILD FROM b", 2),
        ("FROM a\nONBUILD ONBUILD RUN b", 2),
        ("# escape=x\nFROM a", 1),
        ("# escape=`\n# escape=`\nFROM a", 2),
        ("{{ if .A }}\nFROM a", 1),
    ],
)
def test_what_docker_refuses_is_refused_at_its_line(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(text, "Dockerfile")
    assert refused.value.line == line
    assert refused.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "from a\nrun b",
        "FROM a AS b.c-d_e",
        "FROM --platform=$BUILDPLATFORM a AS b",
        "FROM a\nRUN",
        'FROM a\nRUN ["b"',  # shell form
        "FROM a\nRUN [ -f /x ] && true",
        "FROM a\nCMD []",
        "FROM a\nENV A b c d",
        "FROM a\nENV A= B=",
        "FROM a\nENV A='x y' B=\"x y\" C=x\\ y",
        "FROM a\nLABEL a b",
        "FROM a\nRUN --network=none --security=insecure --mount=type=ssh b",
        "FROM a\nRUN --some-day=new b",
        "FROM a\nCOPY --exclude=x --parents a b /c/",
        "FROM a\nHEALTHCHECK NONE",
        "FROM a\nHEALTHCHECK --interval=5s CMD curl",
        "FROM a\nEXPOSE 80/tcp 443",
        'FROM a\nVOLUME ["/a"]',
        "FROM a\nMAINTAINER me",
        "FROM a\nSTOPSIGNAL SIGTERM",
        "# syntax=docker/dockerfile:1.7-labs\n# check=skip=all\nFROM a",
        "# syntax = registry.shop.internal/mirror/dockerfile:1\nFROM a",
        "FROM a\nRUN b \\\n\n c",  # docker only warns
        "FROM a\n    RUN b",
        "FROM ${BASE}",
        "FROM a\nRUN " + "x" * 100_000,
        "# syntax=devthefuture/dockerfile-x\nINCLUDE ./base\nFROM a",
        "# syntax=example.com/other\nANYTHING goes\n",
    ],
)
def test_what_docker_accepts_is_never_refused(text: str) -> None:
    assert parse(text, "Dockerfile").instructions


def test_a_line_of_a_long_instruction_is_found_again() -> None:
    text = "FROM a\nENV A=1 \\\n  # B=0\n  B=2 \\\n\n  C=3\n"
    env = parse(text, "Dockerfile").instructions[1]
    assert [(pair.name, pair.value, env.line_at(pair.at)) for pair in env.pairs] == [
        ("A", "1", 2),
        ("B", "2", 4),
        ("C", "3", 6),
    ]


def test_flags_arguments_and_forms() -> None:
    text = 'FROM a\nCOPY --from=b --chown="c d" e f /g/\nRUN ["h", "i"]\nRUN j [k]\nRUN -- --l\n'
    copy, array, shell, dashes = parse(text, "Dockerfile").instructions[1:]
    assert copy.flags == ("--from=b", "--chown=c d")
    assert (copy.flag("from"), copy.flag("chmod")) == ("b", None)
    assert copy.arguments == ("e", "f", "/g/")
    assert array.exec_form == ("h", "i")
    assert (shell.exec_form, shell.rest) == (None, "j [k]")
    assert dashes.rest == "--l"


def test_heredocs_have_their_bodies_and_lines() -> None:
    text = "FROM a\nCOPY <<x <<'y' /z/\n1\n2\nx\n3 $A\ny\n"
    one, two = parse(text, "Dockerfile").instructions[1].heredocs
    assert (one.name, one.expand, one.text, one.first, one.last) == ("x", True, "1\n2", 3, 4)
    assert (two.name, two.expand, two.text, two.first, two.last) == ("y", False, "3 $A", 6, 6)


def test_utf_16_is_judged_and_said_to_be_refused() -> None:
    text = "FROM a\nRUN b\u0a0a\nUSER app\n"
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        read = parse(mark + text.encode(encoding), "Dockerfile")
        assert read.final_user.line == 3
        assert "UTF-16" in read.refused
    assert parse(text.encode(), "Dockerfile").refused == ""


def test_bytes_that_are_no_utf_8_are_read() -> None:
    assert spans(b"FROM a\nLABEL a=\xff\xfe\nUSER 1") == "FROM1 LABEL2 USER3"


@pytest.mark.parametrize(
    ("text", "kind", "name", "line"),
    [
        ("FROM a\nUSER 1000:g", UserKind.NUMBER, "1000", 2),
        ("FROM a\nUSER app:app", UserKind.NAME, "app", 2),
        ("FROM a AS b\nFROM b", UserKind.UNSET, "", 2),
        ("FROM a AS b\nUSER app\nFROM b AS c\nFROM c", UserKind.NAME, "app", 2),
        ("FROM a\nARG U\nUSER $U", UserKind.UNKNOWN, UNKNOWN, 3),
        ("FROM a\nUSER x$U", UserKind.UNKNOWN, "x" + UNKNOWN, 2),
        ("FROM scratch\nUSER $U", UserKind.UNSET, "", 2),
        ("FROM a\nARG U=1\nUSER ${U}0", UserKind.NUMBER, "10", 3),
        ("FROM a\nUSER ${U", UserKind.UNKNOWN, UNKNOWN, 2),
        ("FROM a AS b\nFROM $X", UserKind.UNSET, "", 2),
        ("ARG X\nFROM a AS b\nFROM $X", UserKind.UNSET, "", 3),
        ("FROM a AS b\nFROM b-$TARGETARCH", UserKind.UNKNOWN, "", 2),
        ("# syntax=example.com/other\nANY", UserKind.UNKNOWN, "", 1),
    ],
)
def test_the_final_user(text: str, kind: UserKind, name: str, line: int) -> None:
    user = parse(text, "Dockerfile").final_user
    if kind is UserKind.UNKNOWN or "$X" in text:
        assert user.line == line
        assert user.kind in (kind, UserKind.UNKNOWN)
    else:
        assert (user.kind, user.name, user.line) == (kind, name, line)


@pytest.mark.parametrize(
    ("said", "root"),
    [("0", True), ("00:1", True), ("root", True), ("Root", False), ("1000", False), ("app", False)],
)
def test_root_by_intent(said: str, root: bool) -> None:
    assert parse(f"FROM a\nUSER {said}", "Dockerfile").final_user.is_root is root


def test_stages_know_each_other() -> None:
    read = parse("ARG V=3\nFROM alpine:$V AS Base\nFROM base\nFROM b:1 AS base\nFROM BASE", "D")
    assert [(one.name, one.reference, one.parent, one.label) for one in read.stages] == [
        ("base", "alpine:3", None, "base"),
        ("", "base", 0, "base"),
        ("base", "b:1", None, "base"),
        ("", "BASE", 2, "BASE"),
    ]
    assert [stage.number for stage in read.line_of(read.stages[3])] == [2, 3]
    assert read.stage_of(read.instructions[0]) is None
    assert read.stage_of(read.instructions[2]) is read.stages[1]
    assert read.instruction_at(99) is None


NAMES = """
Dockerfile a/Dockerfile Dockerfile.dev Dockerfile-alpine dockerfile web.Dockerfile Dockerfile_arm
a/web.dockerfile Containerfile Containerfile.web build/Dockerfile.alpine-3.12.0
"""
OTHER_NAMES = """
Dockerfile.dockerignore .dockerignore Dockerfile.md Dockerfile/README Dockerfile.j2 Dockerfile.in
Dockerfile.tmpl dockerfile_parser.py dockerfile-lint.yml Mydockerfile dockerfile-utils
docs/Dockerfile.html Dockerfile.template Dockerfile.bak
"""


@pytest.mark.parametrize("path", [*NAMES.split(), "a b.Dockerfile", "a\n.Dockerfile"])
def test_is_one(path: str) -> None:
    assert is_dockerfile(path)


@pytest.mark.parametrize("path", OTHER_NAMES.split())
def test_is_none(path: str) -> None:
    assert not is_dockerfile(path)


PIECES = [
    "FROM a\n", "FROM ", "RUN ", "COPY ", "ENV ", "ARG ", "USER ", "ONBUILD ", "HEALTHCHECK ",
    "CMD ", " ", "\n", "\r\n", "\\\n", "`\n", "\\", "'", '"', "$", "${", "}", ":-", "#",
    "# escape=`\n",
    "<<EOF", "<<-'E'", "EOF\n", "E\n", "[", '["a"]', "=", "a", "A=$A", "--from=a ", "AS b", "\x00",
    "\ufeff", "\u2028", "\udfff", "é", "root", "1000", "id_rsa", "TOKEN=abcdef", "curl -u a:b ",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=200)
)


def read_or_refused(text: str | bytes) -> Dockerfile | Unreadable:
    try:
        return parse(text, "Dockerfile")
    except Unreadable as refused:
        return refused


@given(TEXTS)
@example("FROM a\n\\")
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_at_lines_that_exist(text: str) -> None:
    last = max(text.count("\n") + (not text.endswith("\n")), 1)
    read = read_or_refused(text)
    if isinstance(read, Unreadable):
        assert 1 <= read.line <= last
        return
    check_lines(read, last)
    for finding in judge(rules_of("dockerfile"), [read]):
        assert 1 <= finding.location.line <= last
        assert UNKNOWN not in finding.message + finding.detail


def check_lines(read: Dockerfile, last: int) -> None:
    end = 0
    for one in read.instructions:
        assert end < one.first <= one.last <= last
        end = one.last
        for at in (0, len(one.text) // 2, len(one.text)):
            assert one.first <= one.line_at(at) <= one.last
    assert 1 <= read.final_user.line <= last


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read = read_or_refused(data)
    assert not isinstance(read, Unreadable) or read.line >= 1


BOMBS = {
    "continuations": "FROM a\nRUN x \\\n" + "\\\n" * 20_000,
    "stages": "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(10_000)) + "USER $U",
    "doubling": "ARG A=xx\n" + "ARG A=$A$A\n" * 200 + "FROM a:$A",
    "nested": "FROM a\nUSER " + "${a:-" * 20_000,
    "quotes": "FROM a\nRUN <<E " + "'\"" * 30_000 + "\nE",
    "dollars": "FROM a\nENV A=" + "$" * 20_000 + "\nUSER $A",
    "flags": "FROM a\nRUN " + "--a " * 20_000,
    "brackets": "FROM a\nRUN " + "[" * 60_000,
    "options": "FROM a\nRUN " + "mysql login -p docker curl -u " * 2_000,
    "urls": "FROM a\nRUN " + "a://b:" * 10_000,
    "quoted": "FROM a\nRUN " + 'TOKEN="' * 10_000,
    "shells": "FROM a\nRUN " + "echo echo cp > tee " * 3_000,
    "stars": "FROM a\nENV A=" + "a" * 2_000 + "\nUSER ${A#" + "*a" * 200 + "b}",
    "users": "FROM a\nRUN " + "useradd -u 1 " * 5_000 + "\nUSER app",
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_takes_long(name: str) -> None:
    """Each takes some 10 ms a 10 kB at most, of processor time; a trap would take minutes."""
    start = time.process_time()
    with contextlib.suppress(Unreadable):
        judge(rules_of("dockerfile"), [parse(BOMBS[name], "Dockerfile")])
    assert time.process_time() - start < 2


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_every_real_file_is_read_or_refused_for_what_docker_refuses() -> None:
    refused = {}
    for path in sorted((CORPUS / "real" / "dockerfile").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            try:
                read = parse(data, path.name)
            except Unreadable as why:
                refused[path.name] = why.line
                continue
            check_lines(read, data.count(b"\n") + 1)
    # An ENV before FROM, a template, and TYPO: BuildKit 0.34 refuses these three of 375 as well.
    assert sorted(refused.values()) == [4, 12, 13]
