"""Every cell of the permission table, as people see it: thumbs up, or confused."""

from collections.abc import Mapping

import pytest

from tests.scenarios.forges import Page
from tests.scenarios.stage import found
from tests.scenarios.world import World, text

BEFORE, AFTER = {"web.yaml": text()}, {"web.yaml": text(l7="seven")}
BLOCKS = found("floating", "web.yaml", 7)
WARNS = found("probe", "web.yaml", 7, blocks=False)
ASKS = {
    "help": "/redline help",
    "status": "/redline status",
    "explain": f"/redline explain {BLOCKS.id}",
    "recheck": "/recheck",
    "run": "/redline run {head}",
    "allow a warning": f"/redline allow {WARNS.id} --reason why",
    "allow what blocks": f"/redline allow {BLOCKS.id} --reason why",
    "acknowledge": f"/redline acknowledge {BLOCKS.id} --reason why",
    "pause": "/redline pause",
    "resume": "/redline resume",
}
ALL = set(ASKS)
WORDS = {"help", "status", "explain"}
PAUSES = {"pause", "resume"}
BLOCKING = {"allow what blocks", "acknowledge"}
MAY: Mapping[str, set[str]] = {
    "eve": WORDS | PAUSES | {"recheck", "allow a warning"},  # the author, who may not write
    "rita": WORDS,
    "tess": WORDS | {"recheck"},
    "ada": ALL,
    "mia": ALL,
    "olga": ALL,
}
OWN: Mapping[str, set[str]] = {"ada": ALL - BLOCKING, "mia": ALL - BLOCKING, "olga": ALL}


def given(world: World, author: str, *, fork: bool) -> Page:
    """A reviewed change of this person's."""
    world.stage.finds(BLOCKS, WARNS)
    repository = world.forge.repository(BEFORE)
    source = repository.fork(author) if fork else repository
    source.push("patch", AFTER)
    page = repository.open("patch", by=author, fork=source if fork else None)
    world.work()
    return page


def granted(world: World, page: Page, who: str) -> set[str]:
    """What of all that can be asked this person gets."""
    comments = {}
    for name, text_ in ASKS.items():
        comments[name] = page.comment(who, text_.format(head=page.head))
        world.work()
    reactions = {name: list(page.reactions(comment)) for name, comment in comments.items()}
    assert all(shown in (["+1"], ["confused"]) for shown in reactions.values()), reactions
    return {name for name, shown in reactions.items() if shown == ["+1"]}


@pytest.mark.parametrize("who", MAY)
def test_on_a_stranger_s_change(world: World, who: str) -> None:
    page = given(world, "eve", fork=True)
    assert granted(world, page, who) == MAY[who]


@pytest.mark.parametrize("who", OWN)
def test_on_their_own_change(world: World, who: str) -> None:
    page = given(world, who, fork=False)
    assert granted(world, page, who) - {"run"} == OWN[who] - {"run"}
