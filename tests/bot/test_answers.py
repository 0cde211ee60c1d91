"""What is said to people who asked for something."""

import pytest

from bot.answers import commands, refusal
from bot.change import ForgeName
from bot.permission import Act

NAMES = {
    ForgeName.GITHUB: ("triage access", "write access", "an admin"),
    ForgeName.GITLAB: ("the role Reporter", "the role Developer", "an Owner"),
}


@pytest.mark.parametrize("forge", NAMES)
def test_who_may_is_said_as_the_forge_calls_them(forge: ForgeName) -> None:
    triage, write, admin = NAMES[forge]
    assert triage in refusal(Act.RECHECK, forge)
    blocking = refusal(Act.PARDON_BLOCKING, forge)
    assert blocking.startswith("Not done: what blocks is let pass by someone with ")
    assert write in blocking
    assert admin in blocking


@pytest.mark.parametrize("forge", NAMES)
@pytest.mark.parametrize("act", Act)
def test_a_refusal_is_a_sentence(act: Act, forge: ForgeName) -> None:
    said = refusal(act, forge)
    assert said.endswith(".")
    assert "{" not in said


def test_a_bare_recheck_is_told_of_where_it_reaches_us() -> None:
    assert "`/recheck` alone" in commands(ForgeName.GITHUB)
    assert "`/recheck` alone" not in commands(ForgeName.GITLAB)
