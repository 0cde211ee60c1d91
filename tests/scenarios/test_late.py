"""A stage that takes long: what the others have found is said before it ends."""

import pytest

from tests.scenarios.stage import found, ran
from tests.scenarios.world import World, summary, text

BEFORE = {"web.yaml": text(), "db.tf": text()}
AFTER = {"web.yaml": text(l7="seven"), "db.tf": text(l9="nine")}
DESTROYED = found("destroyed", "db.tf", 9, name="aws_db_instance.main")
ROOT = found("root", "web.yaml", 7)
SOON = "workers.run.Early.due"


def test_a_late_stage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there after a while is posted; a late stage adds a thread only for what blocks."""
    monkeypatch.setattr(SOON, lambda self, taken, ended, started: 0 < len(ended) < started)
    page = world.given(BEFORE, AFTER)
    seen = []

    def look(number: int) -> None:
        if number == 1:
            seen.append((len(page.threads()), summary(page), page.notified))

    role = found("iam", "db.tf", 9, name="role", blocks=False)
    world.stage.meanwhile = look
    world.stage.results = (ran(ROOT), ran(role, stage="hadolint"))
    assert world.reviewed(page).state == "failure"
    ((threads, said, told),) = seen
    assert (threads, told) == (1, 1)
    assert "Still running: " in said
    assert "widened-iam" not in said
    assert (len(page.threads()), page.notified) == (1, 1), "what warns is a row"
    assert "widened-iam" in summary(page)
    assert "Still running" not in summary(page)
    page.push({"c.yaml": "more"})
    world.stage.results = (ran(ROOT), ran(role, DESTROYED, stage="hadolint"))
    world.work()
    assert (len(page.threads()), page.notified) == (2, 2), "what blocks is a thread"


def test_a_late_stage_that_has_not_ended_fixes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (ran(ROOT), ran(DESTROYED, stage="hadolint"))
    world.work()
    monkeypatch.setattr(SOON, lambda self, taken, ended, started: 0 < len(ended) < started)
    over: list[bool] = []
    world.stage.meanwhile = lambda number: over.extend(one.over for one in page.threads())
    page.push({"c.yaml": "more"})
    world.work()
    assert not any(over)
    assert not any(one.over for one in page.threads())
