"""A repository's settings: what they choose, and what is said of a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.config import KEYS, Config, read
from rules.finding import Severity
from rules.gate import Gate, OnUnchecked
from rules.profile import Profile

PROFILES = "`observe`, `default` or `strict`"

CHOSEN = {
    "": Gate(),
    "# nothing\n": Gate(),
    "---\n": Gate(),
    "version: 1\n": Gate(),
    "gate:\n": Gate(),
    "gate: {profile: observe}\n": Gate(Profile.OBSERVE),
    "gate: {profile: strict, block_on: warning}\n": Gate(Profile.STRICT, Severity.WARNING),
    "version: 1\ngate:\n  on_unchecked: 'allow'\n": Gate(on_unchecked=OnUnchecked.ALLOW),
    '{"gate": {"block_on": "blocking"}}': Gate(),
    "\ufeffgate: {profile: strict}\r\n": Gate(Profile.STRICT),
    "\n".join(f"{key}: " for key in KEYS if key != "version"): Gate(),
    "exclude: ['**/x/**']\nstages: {checkov: off}\nrules: {fixed-replicas: no}\n": Gate(),
}

FAULTS = {
    "gat: {profile: observe}\n": (1, "`gat` is no key that Redline knows. Did you mean `gate`?"),
    "version: 1\n\nrulez: {}\n": (3, "`rulez` is no key that Redline knows. Did you mean `rules`?"),
    "whatever: 1\n": (1, "`whatever` is no key that Redline knows."),
    "gate:\n  profile: strict\n  blockon: warning\n": (
        3,
        "`gate.blockon` is no key that Redline knows. Did you mean `gate.block_on`?",
    ),
    "gate:\n  profile: observ\n": (
        2,
        f"`gate.profile` is `observ`; it can be {PROFILES}. Did you mean `observe`?",
    ),
    "gate: {block_on: info}\n": (
        1,
        "`gate.block_on` is `info`; it can be `blocking` or `warning`.",
    ),
    "gate: {on_unchecked: [allow]}\n": (
        1,
        "`gate.on_unchecked` is no such word; it can be `block` or `allow`.",
    ),
    "gate: strict\n": (1, "`gate` is not a mapping of keys."),
    "- gate\n": (1, "The file is not a mapping of keys."),
    "version: 2\n": (1, "`version` is not 1, the only one so far."),
    "version: 1\n---\ngate: {}\n": (3, "There is more than one document in it."),
    "gate: {\n": (1, "This file cannot be read: did not find expected node content."),
    "a: &a [*a]\n": (1, "This file cannot be read: an anchor that contains itself."),
    "[" * 100_000: (1, "This file cannot be read: nested more than 200 levels deep."),
    "k`|<b>@org/team: 1\n": (1, "`k'|<b>@org/team` is no key that Redline knows."),
    "x" * 100 + ": 1\n": (1, f"`{'x' * 37}...` is no key that Redline knows."),
}


@pytest.mark.parametrize(("text", "want"), CHOSEN.items())
def test_what_it_chooses(text: str, want: Gate) -> None:
    assert read(text.encode()) == Config(want)


@pytest.mark.parametrize(("text", "want"), FAULTS.items())
def test_what_is_wrong(text: str, want: tuple[int, str]) -> None:
    have = read(text.encode())
    assert [(fault.line, fault.message) for fault in have.faults] == [want]


def test_a_fault_has_its_default_and_all_else_holds() -> None:
    have = read(b"gat: {}\ngate: {profile: strict, block_on: sometimes}\n")
    assert have.gate == Gate(Profile.STRICT)
    assert [fault.detail for fault in have.faults] == ["key gat", "value gate.block_on"]


def test_what_it_leaves_open_is_the_operator_s() -> None:
    theirs = Gate(Profile.OBSERVE, on_unchecked=OnUnchecked.ALLOW)
    assert read(b"gate: {profile: strict}", theirs).gate == Gate(
        Profile.STRICT, on_unchecked=OnUnchecked.ALLOW
    )
    assert read(b"gate: {", theirs).gate == theirs


def test_bytes_that_are_no_text() -> None:
    (fault,) = read(b"version: 1\n\xff: 1\n").faults
    assert (fault.line, fault.message) == (2, "This file cannot be read: not UTF-8 text.")


@given(st.binary(max_size=300))
def test_it_never_raises(data: bytes) -> None:
    assert len(read(data).faults) <= 20


def test_of_many_faults_the_first_are_named() -> None:
    text = "".join(f"k{number}: 1\n" for number in range(500))
    assert len(read(text.encode()).faults) == 20
