"""The table that people read is the table that is obeyed."""

from pathlib import Path

import pytest

from bot.forges.base import Role
from bot.permission import Act, may

_PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
_COLUMNS = (Role.NONE, Role.READ, Role.TRIAGE, Role.WRITE, Role.MAINTAIN, Role.ADMIN)
_OTHERS = {"yes": True, "-": False, "own change": False, "not on own change": True}
_OWN = {"yes": True, "-": False, "own change": True, "not on own change": False}


def cells() -> list[tuple[Act, Role, str]]:
    lines = _PAGE.read_text("utf-8").split("## Who may")[1].splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return [
        (Act(name), role, said)
        for name, *row in rows[2:]
        for role, said in zip(_COLUMNS, row, strict=True)
    ]


def test_every_act_has_its_row() -> None:
    assert [act for act, role, _ in cells() if role is Role.NONE] == list(Act)


@pytest.mark.parametrize(("act", "role", "said"), cells())
def test_the_page_says_who_may(act: Act, role: Role, said: str) -> None:
    """The first column is of authors, the others of people who look at somebody's change."""
    if role is Role.NONE:
        assert may(act, role, own=True) is _OWN[said]
        assert not may(act, role, own=False)
    else:
        assert may(act, role, own=False) is _OTHERS[said]
    if role >= Role.WRITE:
        assert may(act, role, own=True) is _OWN[said]
