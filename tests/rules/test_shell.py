"""Shell text as commands: what is one, what only looks like one, and on which line."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.shell import Command, commands


def words(text: str) -> list[tuple[str, ...]]:
    return [command.words for command in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", [("a", "b")]),
        ("a && b || c; d & e | f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("a 'b && c' \"d ; e\"", [("a", "b && c", "d ; e")]),
        ("a \\\n  b", [("a", "b")]),
        ("a # b && c\nd", [("a",), ("d",)]),
        ("a#b", [("a#b",)]),
        ("A=b sudo -u root -E c d", [("c", "d")]),
        ("env A=b B=c d", [("d",)]),
        ("if ! a; then b; else c; fi", [("a",), ("b",), ("c",), ("fi",)]),
        ("X=$(a b) && c", [("a", "b"), ("c",)]),
        ("a $(b c) d", [("b", "c"), ("a", "$()", "d")]),
        ("a x=$(b `c` d)e f", [("c",), ("b", "$()", "d"), ("a", "x=$()e", "f")]),
        ("`a b`", [("a", "b"), ("$()",)]),
        ("(a; b) && c", [("a",), ("b",), ("c",)]),
        ("case $X in a) b;; esac", [("case", "$X", "in", "a"), ("b",), ("esac",)]),
        ("f() { a; }", [("f",), ("a",)]),
        ("a > b 2>&1 c", [("a", "c")]),
        ("cat <<EOF > x\na && b\nEOF\nc", [("cat",), ("c",)]),
        ("cat <<-'EOF'\n\ta\n\tEOF\nb", [("cat",), ("b",)]),
        ("cat <<EOF\na", [("cat",), ("a",)]),
        ("a <<< b\nc", [("a",), ("c",)]),
        ('a "b', [("a", '"b')]),
        ("a ${B:-c d} e", [("a", "${B:-c", "d}", "e")]),
        ("a ${B:-c}", [("a", "${B:-c}")]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[tuple[str, ...]]) -> None:
    assert words(text) == expected


def test_lines_and_what_stands_before() -> None:
    text = 'a\ncat <<E\nx\ny\nE\nb \\\n  c && d\n\n"e\nf" g | h'
    assert [(one.line, one.after) for one in commands(text)] == [
        (1, ""),
        (2, "\n"),
        (6, "\n"),
        (7, "&&"),
        (9, "\n"),
        (10, "|"),
    ]


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("/usr/bin/kubectl apply", "kubectl"),
        ("$KUBECTL apply", "kubectl"),
        ("${HELM_BIN} upgrade", "helm"),
        ("${TERRAFORM:-terraform} apply", "terraform"),
        ("./deploy.sh", "deploy.sh"),
    ],
)
def test_the_program(text: str, program: str) -> None:
    (command,) = commands(text)
    assert command.program == program


def test_a_command_without_words_has_no_program() -> None:
    assert Command((), 1).program == ""


@given(st.text(alphabet="ab &|;<>()'\"`\\\n\r#$E{}=-0\t", max_size=300) | st.text(max_size=200))
def test_any_text_has_commands_on_lines_that_exist(text: str) -> None:
    last = text.count("\n") + 1
    assert all(1 <= one.line <= last and one.words for one in commands(text))
    assert all(text.count("\n", 0, one.at) == one.line - 1 for one in commands(text))


@pytest.mark.parametrize(
    "piece", ["'", '"', '\\"', "<<E\n", "<<A\n<<B\n", "$(", "`", "#\n", "${", "a=b ", "\\\n", "|"]
)
def test_time_is_linear(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    start = time.process_time()
    list(commands(text))
    assert time.process_time() - start < 4
