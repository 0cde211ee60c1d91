"""Places as GitLab counts them."""

from typing import Any

import pytest

from bot.change import Anchor, AnchorKind
from bot.forges.base import Refused
from bot.forges.gitlab.answers import Refs
from bot.forges.gitlab.position import position
from rules.finding import Side

REFS = Refs("1" * 40, "2" * 40, "3" * 40)
PATHS = {"old_path": "a", "new_path": "a"}
LINE = {**PATHS, "position_type": "text"}


@pytest.mark.parametrize(
    ("anchor", "wanted"),
    [
        (Anchor(AnchorKind.LINE, "a", 3), {**LINE, "new_line": 3}),
        (Anchor(AnchorKind.LINE, "a", 3, Side.BASE, 3), {**LINE, "old_line": 3}),
        (
            Anchor(AnchorKind.LINE, "a", 3, Side.HEAD, 5),
            {**LINE, "new_line": 3, "old_line": 5},
        ),
        (
            Anchor(AnchorKind.LINE, "a", 3, old_path="b"),
            {**LINE, "old_path": "b", "new_line": 3},
        ),
        (Anchor(AnchorKind.FILE, "a"), {**PATHS, "position_type": "file"}),
        (
            Anchor(AnchorKind.FILE, "a", 9, Side.HEAD, 8),
            {**LINE, "new_line": 9, "old_line": 8},
        ),
    ],
    ids=["added", "removed", "unchanged", "renamed", "file", "any line of the file"],
)
def test_positions(anchor: Anchor, wanted: dict[str, Any]) -> None:
    shas = {"base_sha": "1" * 40, "start_sha": "2" * 40, "head_sha": "3" * 40}
    assert position(anchor, REFS) == {**shas, **wanted}


def test_a_path_of_other_bytes_has_no_place() -> None:
    with pytest.raises(Refused):
        position(Anchor(AnchorKind.LINE, "caf\udce9", 1), REFS)
