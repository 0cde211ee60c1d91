"""What becomes of a thread when people let its findings pass, and when that ends."""

from dataclasses import replace

import pytest

from bot.forges.base import Unsure
from bot.markdown.thread import AGAIN
from bot.review import Pardon, PardonKind, Review
from rules.finding import Finding
from tests.bot.given import HEAD, NEXT, finding, result, review
from tests.bot.test_publish import Story, truth
from tests.fakes.conversation import BOT, Fault, Killed

ALLOWED = Pardon(PardonKind.ALLOW, "mia", "known")
ONE, OTHER = finding(), finding(name="side", line=30)  # in one thread
SAID = "(allowed by `@mia`: known)"


def judged(*findings: Finding, passed: tuple[Finding, ...] = (), head: str = HEAD) -> Review:
    exceptions = {each.identity: ALLOWED for each in passed}
    return replace(review(result(*findings), head=head), exceptions=exceptions)


COUNTS, PASSES = judged(ONE), judged(ONE, passed=(ONE,))


@pytest.fixture
def story() -> Story:
    return Story()


def test_it_is_closed_and_says_by_whom(story: Story) -> None:
    story.run(COUNTS)
    assert story.run(PASSES) == ["resolve", "edit", "edit"]
    assert (story.thread.resolver, SAID in story.thread.body) == (BOT, True)
    assert "still present" not in story.summary
    assert story.run(PASSES) == []
    assert story.run(judged(ONE, passed=(ONE,), head=NEXT)) == []
    assert story.talk.notified == 1


def test_it_is_opened_and_says_so_when_it_counts_again(story: Story) -> None:
    story.run(COUNTS)
    story.run(PASSES)
    assert story.run(COUNTS) == ["reopen", "edit", "edit"]
    assert story.thread.resolver is None
    assert story.thread.body.startswith(AGAIN)
    assert SAID not in story.thread.body
    assert "still present" not in story.summary
    assert story.run(COUNTS) == []
    assert story.run(PASSES) == ["resolve", "edit", "edit"]
    assert not story.thread.body.startswith(AGAIN)
    assert story.talk.notified == 1


def test_while_one_of_several_counts_it_stays_open(story: Story) -> None:
    story.run(judged(ONE, OTHER))
    assert story.run(judged(ONE, OTHER, passed=(ONE,))) == ["edit", "edit"]
    assert story.thread.resolver is None
    assert "resolve" in story.run(judged(ONE, OTHER, passed=(ONE, OTHER)))
    assert "reopen" in story.run(judged(ONE, OTHER, passed=(OTHER,)))


def test_what_is_let_pass_and_then_fixed(story: Story) -> None:
    story.run(COUNTS)
    thread = story.thread
    story.run(PASSES)
    assert story.run(judged(head=NEXT)) == ["edit", "edit"]
    assert thread.body.startswith("**Fixed in ")
    assert thread.resolver == BOT


def test_what_a_person_closed_is_not_opened(story: Story) -> None:
    story.run(COUNTS)
    story.talk.person_resolves(story.thread, "ann")
    story.run(COUNTS)
    assert story.run(PASSES) == ["edit", "edit"]
    assert story.run(COUNTS) == ["edit", "edit"]
    assert story.thread.resolver == "ann"
    assert "(resolved by `@ann`, still present)" in story.summary


def test_what_a_person_opened_is_not_closed_again(story: Story) -> None:
    story.run(COUNTS)
    story.run(PASSES)
    story.thread.resolver = None
    assert story.run(PASSES) == []
    assert story.run(COUNTS) == ["edit", "edit"]
    assert story.thread.body.startswith(AGAIN)


def test_where_people_talk_there_is_one_reply(story: Story) -> None:
    story.run(COUNTS)
    thread = story.thread
    before = thread.body
    story.talk.person_replies(thread)
    assert story.run(PASSES) == ["reply", "edit"]
    assert (thread.resolver, thread.body) == (None, before)
    assert thread.notes[-1].body == "This was allowed by `@mia`: known"
    assert story.run(PASSES) == []
    assert story.run(COUNTS) == ["edit", "post"], "said and done: it has a thread of its own"
    assert story.run(COUNTS) == []


def test_what_people_talked_in_since_is_said_anew(story: Story) -> None:
    story.run(COUNTS)
    thread = story.thread
    story.run(PASSES)
    story.talk.person_replies(thread, "thanks")
    assert story.run(PASSES) == []
    assert story.run(COUNTS) == ["edit", "post"]
    assert thread.resolver == BOT
    assert story.run(COUNTS) == []


@pytest.mark.parametrize("stale", [0.0, 5.0])
@pytest.mark.parametrize("error", [Killed, Unsure])
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not-stored"])
def test_each_write_may_fail(error: type[BaseException], stale: float, stored: bool) -> None:
    quiet = Story()
    told(quiet)
    for number in range(1, 11):
        story = Story()
        story.talk.stale = stale
        story.talk.faults = {number: Fault(stored, error)}
        told(story)
        assert truth(story) == truth(quiet), f"write {number}"
    assert len(quiet.talk.log) == 10


def told(story: Story) -> None:
    """It counts, passes, counts, and passes: runs repeated as tasks are."""
    for number, review_ in enumerate((COUNTS, PASSES, COUNTS, PASSES)):
        for _ in range(3):
            try:
                story.run(review_)
            except (Killed, Unsure):
                story.clock.sleep(1)
            else:
                break
        else:
            raise AssertionError(f"three runs were not enough for {number}")
        story.clock.sleep(30)
