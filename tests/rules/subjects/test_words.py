"""Words and variables, as Docker's own reader has them (BuildKit 0.34 gave the wanted values)."""

import pytest

from rules.subjects.words import (
    UNKNOWN,
    Malformed,
    heredoc_name,
    heredoc_words,
    substitute,
    unquote,
    words,
)

VALUES = {"A": "x.y.z", "E": "", "B": "b", "U": UNKNOWN}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("plain", "plain"),
        ("$A", "x.y.z"),
        ("${A}-$B", "x.y.z-b"),
        ("$N", ""),
        ("'$A'", "$A"),
        ('"$A"', "x.y.z"),
        ('"a\\"b\\c"', 'a"b\\c'),
        ("\\$A", "$A"),
        ("a\\", "a"),
        ("$", "$"),
        ("$$", ""),
        ("$1x", "x"),
        ("${A:-d}", "x.y.z"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${N-d}", "d"),
        ("${N:-${B}}", "b"),
        ('${N:-"q r"}', "q r"),
        ("${A:+d}", "d"),
        ("${E:+d}", ""),
        ("${E+d}", "d"),
        ("${A:?m}", "x.y.z"),
        ("${A#x.}", "y.z"),
        ("${A#*.}", "y.z"),
        ("${A##*.}", "z"),
        ("${A%.*}", "x.y"),
        ("${A%%.*}", "x"),
        ("${A#?}", ".y.z"),
        ("${A#q}", "x.y.z"),
        ("${A%%*}", ""),
        ("${E/x/q}", ""),
        ("<<EOF <", "<<EOF <"),
        # what only the build knows
        ("$U", UNKNOWN),
        ("a$U", "a" + UNKNOWN),
        ("${U:-d}", "d"),
        ("${U:+d}", UNKNOWN),
        ("${N:?m}", UNKNOWN),
        ("${U#x}", UNKNOWN),
        ("${A/x/q}", UNKNOWN),
        ("${A//x/q}", UNKNOWN),
    ],
)
def test_variables(text: str, want: str) -> None:
    assert substitute(text, VALUES.get) == want


@pytest.mark.parametrize(
    "text",
    ["${", "${}", "${{A}}", "${:A}", "${A", "${A:-", "${A:#x}", "${A!x}", "'a",
     '"a', "${A/x", '"${'],
)  # fmt: skip
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(Malformed):
        substitute(text, VALUES.get)
    assert unquote(text) == text


def test_too_deep_and_too_long() -> None:
    with pytest.raises(Malformed):
        substitute("${N:-" * 100 + "}" * 100, VALUES.get)
    assert substitute("$L$L", {"L": "x" * 3000}.get) == UNKNOWN
    assert substitute("${L#" + "*x" * 300 + "}", {"L": "x" * 4000}.get) == UNKNOWN


def test_the_other_escape_sign() -> None:
    assert substitute("C:\\a`$A", VALUES.get, "`") == "C:\\a$A"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("A=1 B=2", ["A=1", "B=2"]),
        ("  A='x y'\tB=\"x y\" ", ["A='x y'", 'B="x y"']),
        ("A=x\\ y B", ["A=x\\ y", "B"]),
        ("A='x\\' B", ["A='x\\'", "B"]),
        ('A="x\\" y" B', ['A="x\\" y"', "B"]),
        ("A='x", ["A='x"]),
        ("", []),
    ],
)
def test_pairs_are_split_outside_quotes(text: str, want: list[str]) -> None:
    found = words(text, "\\")
    assert [word.text for word in found] == want
    assert all(text.startswith(word.text, word.at) for word in found)


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("RUN cat <<EOF >x", ["RUN", "cat", "<<EOF", ">x"]),
        ("RUN cat << EOF", ["RUN", "cat", "<< EOF"]),
        ("RUN cat <<'E F'", ["RUN", "cat", "<<'E F'"]),
        ("RUN echo \\<<EOF", ["RUN", "echo", "\\<<EOF"]),
        ("RUN echo ${X:-a b} <<EOF", ["RUN", "echo", "${X:-a", "b}", "<<EOF"]),
        ('RUN echo "a <<EOF" b', ["RUN", "echo", '"a <<EOF"', "b"]),
        ("RUN echo 'a", []),  # malformed: no heredoc, as in BuildKit
    ],
)
def test_words_that_may_be_heredocs(line: str, want: list[str]) -> None:
    assert heredoc_words(line) == want


@pytest.mark.parametrize(
    ("rest", "want"),
    [
        ("EOF", ("EOF", True)),
        ("'EOF'", ("EOF", False)),
        ('"E"OF', ("EOF", False)),
        ("E F", None),
    ],
)
def test_the_name_of_a_heredoc(rest: str, want: tuple[str, bool] | None) -> None:
    assert heredoc_name(rest) == want
