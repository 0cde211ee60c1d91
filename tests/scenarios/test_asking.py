"""Where people ask: in the conversation, in a thread, as the text of a review."""

from collections.abc import Callable

import pytest

from tests.scenarios.forges import Page
from tests.scenarios.stage import found
from tests.scenarios.world import World, text

BEFORE, AFTER = {"web.yaml": text()}, {"web.yaml": text(l7="seven")}
BLOCKS = found("floating", "web.yaml", 7)
ASKED: dict[str, Callable[[Page, str, str], str]] = {
    "conversation": lambda page, who, words: page.comment(who, words),
    "thread": lambda page, who, words: page.reply(who, page.threads()[0], words),
    "review": lambda page, who, words: page.review(who, words),
}


@pytest.fixture
def page(world: World) -> Page:
    made = world.given(BEFORE, AFTER)
    world.stage.finds(BLOCKS)
    assert world.reviewed(made).state == "failure"
    return made


@pytest.mark.parametrize("where", ASKED)
def test_it_is_obeyed(world: World, page: Page, where: str) -> None:
    asked = ASKED[where](page, "mia", f"/redline allow {BLOCKS.id} --reason pinned elsewhere")
    assert world.reviewed(page).state == "success"
    assert page.reactions(asked) == ["+1"]
    assert page.answers() == []


@pytest.mark.parametrize("where", ASKED)
def test_who_may_not_is_told_so(world: World, page: Page, where: str) -> None:
    asked = ASKED[where](page, "rita", "/recheck")
    world.work()
    assert page.reactions(asked) == ["confused"]
    (answer,) = page.answers()
    assert "a recheck is for the author" in answer


@pytest.mark.parametrize("where", ASKED)
def test_a_question_is_answered_once_in_the_conversation(
    world: World, page: Page, where: str
) -> None:
    """Not in the thread: what was said there of a finding stays apart from talk with us."""
    world.forge.spoil("answers", "502", after=True)
    asked = ASKED[where](page, "ada", f"/redline explain {BLOCKS.id}")
    world.work()
    assert page.reactions(asked) == ["+1"]
    (answer,) = page.answers()
    assert BLOCKS.rule in answer
    (thread,) = page.threads()
    assert [who for who, _ in thread.replies] == (["ada"] if where == "thread" else [])
