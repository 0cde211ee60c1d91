"""Written exceptions: what is read as one, and when it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.allow import LONGEST_REASON, MOST, Allow, read
from rules.finding import Location, Side

TODAY = "2026-11-24"


def only(text: str, path: str = "a.yaml") -> Allow:
    (found,) = read(text.encode(), path)
    return found


@pytest.mark.parametrize(
    ("said", "rules", "reason", "until"),
    [
        ("floating-image pinned elsewhere", ("floating-image",), "pinned elsewhere", ""),
        ("host-path: the agent reads logs", ("host-path",), "the agent reads logs", ""),
        ("host-path - the agent reads logs.", ("host-path",), "the agent reads logs", ""),
        ("a-b, hadolint/DL3008 both", ("a-b", "hadolint/DL3008"), "both", ""),
        ("a-b ,a-c,a-b both", ("a-b", "a-c"), "both", ""),
        ("a-b why until 2027-01-31", ("a-b",), "why", "2027-01-31"),
        ("a-b why (until 2027-01-31).", ("a-b",), "why", "2027-01-31"),
        ("a-b until 2027-01-31 since why", ("a-b",), "since why", "2027-01-31"),
        ("a-b needed until 1.31 is rolled out", ("a-b",), "needed until 1.31 is rolled out", ""),
        ("a-b until they move", ("a-b",), "until they move", ""),
        ("a-b 日本語の理由", ("a-b",), "日本語の理由", ""),
    ],
)
def test_an_exception(said: str, rules: tuple[str, ...], reason: str, until: str) -> None:
    found = only(f"# redline: allow {said}\na: 1\n")
    assert (found.rules, found.reason, found.until, found.fault) == (rules, reason, until, "")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", "names no rule"),
        ("!", "names no rule"),
        ("a-b", "gives no reason"),
        ("a-b -- ...", "gives no reason"),
        ("a-b until 2027-01-31", "gives no reason"),
        ("a-b why until 2027-02-30", "ends on no day that can be read"),
        ("a-b why until 2027-1-3", "ends on no day that can be read"),
        ("a-b why until 31.01.2027", "ends on no day that can be read"),
        ("a-b why until 2027", "ends on no day that can be read"),
    ],
)
def test_what_never_holds(said: str, fault: str) -> None:
    found = only(f"# redline: allow {said}\na: 1\n")
    assert found.fault == fault
    assert not found.holds(TODAY)


@pytest.mark.parametrize("sign", ["#redline:allow", "# Redline: ALLOW", "##  redline:  allow"])
def test_it_may_be_spelt_so(sign: str) -> None:
    assert only(f"{sign} a-b why\na: 1\n").holds(TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "# redline allow a-b why\n",
        "# please redline: allow a-b why\n",
        "# redline: allowed a-b w\n",
    ],
)
def test_it_may_not_be_spelt_so(text: str) -> None:
    assert read(text.encode(), "a.yaml") == ()


def test_it_holds_until_the_end_of_its_day() -> None:
    found = only(f"# redline: allow a-b why until {TODAY}\na: 1\n")
    assert found.holds(TODAY)
    assert not found.holds("2026-11-25")


def test_only_files_with_such_comments_are_read() -> None:
    data = b"# redline: allow a-b why\nx\n"
    others = ("a.json", "a.md", "a.py", "Jenkinsfile")
    assert [read(data, path) for path in others] == [()] * len(others)
    for path in ("Makefile", "deploy/run.sh", "tools/x.mk"):
        assert read(data, path)[0].comment.first == 2


def test_the_base_side_is_not_meant() -> None:
    found = only("# redline: allow a-b why\na: 1\n")
    assert found.speaks_of(Location("a.yaml", 2))
    assert not found.speaks_of(Location("a.yaml", 2, Side.BASE))
    assert not found.speaks_of(Location("b.yaml", 2))
    assert not found.speaks_of(Location("a.yaml", 1))


def test_too_many_do_not_hold() -> None:
    data = b"a: 1 # redline: allow a-b why\n" * (MOST + 5)
    found = read(data, "a.yaml")
    assert [one.holds(TODAY) for one in found] == [True] * MOST + [False]


def test_a_reason_has_an_end() -> None:
    assert len(only(f"# redline: allow a-b {'x' * 5000}\na: 1\n").reason) == LONGEST_REASON


def test_a_wide_file_is_read() -> None:
    (found,) = read("a: 1 # redline: allow a-b why\n".encode("utf-16"), "a.yaml")
    assert found.comment.line == 1


def keys(text: str, path: str) -> set[tuple[str, ...]]:
    return {one.key(rule) for one in read(text.encode(), path) for rule in one.rules}


POD = """kind: Pod
apiVersion: v1
metadata: {name: web}
spec:
  containers:
    - name: a
      # redline: allow floating-image why
      image: a
"""


def test_it_is_the_same_wherever_its_lines_go() -> None:
    assert keys(POD, "x/a.yaml") == keys(f"# more\n\n{POD}", "x/b.yaml")
    assert keys(POD, "x/a.yaml") == keys(POD.replace("image: a", "image: b"), "x/a.yaml")


@pytest.mark.parametrize(
    "other",
    [
        POD.replace("why", "why not"),
        POD.replace("why", "why until 2027-01-31"),
        POD.replace("name: a", "name: b"),
        POD.replace("name: web", "name: api"),
        POD.replace("floating-image", "host-path"),
        POD.replace("      image: a", "      command: []\n      image: a"),
    ],
)
def test_it_is_another_one(other: str) -> None:
    assert not keys(POD, "x/a.yaml") & keys(other, "x/a.yaml")


def test_it_is_followed() -> None:
    (pod,) = read(POD.encode(), "x/a.yaml")
    (now,) = read(POD.encode(), "y/b.yaml")
    rule = pod.rules[0]
    assert pod.followed(rule, {"x/a.yaml": "y/b.yaml"}, {}) == now.key(rule)
    assert pod.followed(rule, {}, {("x", "Pod//web"): ("y", "Pod//web")}) == now.key(rule)
    (base,) = read(b"# redline: allow loose-base why\nFROM a:1\n", "x/Dockerfile")
    (moved,) = read(b"\n# redline: allow loose-base why\nFROM a:1\n", "y/Dockerfile")
    assert base.followed("loose-base", {"x/Dockerfile": "y/Dockerfile"}, {}) == moved.key(
        "loose-base"
    )


MARK = "# redline: allow a-b why until 2027-01-31"
PIECES = st.sampled_from(
    [MARK, "a", ":", "- ", "\n", "  ", '"', "'", "|", ">", "#", "{", "}", "[", "]", "---", "&x",
     "*x", "RUN ", "FROM a:1", "<<EOT", "EOT", "\\\n", "\r", "\ufeff", "é", "\u2028"]
)  # fmt: skip


@given(
    st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["a.yaml", "Dockerfile", "x.sh"])
)
def test_whatever_the_file_holds(text: str, path: str) -> None:
    lines = text.count("\n") + 1
    for found in read(text.encode(), path):
        comment = found.comment
        assert 1 <= comment.line <= lines
        assert comment.last == 0 or comment.first <= comment.last <= lines
        assert MARK[:16] in text.split("\n")[comment.line - 1]
