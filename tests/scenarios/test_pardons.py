"""What people let pass: it is said in the title, and lapses when what the change does differs."""

from itertools import pairwise

from bot.review import Action, Effect
from tests.scenarios.forges import Page
from tests.scenarios.stage import found, ran
from tests.scenarios.world import World, summary, text

BEFORE, AFTER = {"db.tf": text()}, {"db.tf": text(l9="nine")}
GONE = found("destroyed", "db.tf", 9, name="aws_db_instance.main")
DESTROY = Effect("", "aws_db_instance.main", "aws_db_instance", Action.DESTROY)
OTHER = Effect("", "aws_db_instance.main", "aws_db_instance", Action.REPLACE, "delete-create")
PLAN = ran(GONE, stage="tofu-plan", effects=(DESTROY,))


def acknowledged(world: World) -> Page:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (PLAN,)
    assert world.reviewed(page).state == "failure"
    page.comment("mia", f"/redline acknowledge {GONE.id} --reason moved by hand")
    return page


def test_acknowledged_is_green_and_says_by_whom(world: World) -> None:
    page = acknowledged(world)
    shown = world.reviewed(page)
    assert shown.state == "success"
    assert "Acknowledged by @mia: moved by hand" in shown.title
    assert "aws_db_instance.main" in summary(page)


def test_its_thread_is_closed_and_opened_when_it_counts_again(world: World) -> None:
    """Silently, and where closing is not ours it is hidden and shown."""
    for may in (True, False):
        world.forge.may_resolve(may)
        page = acknowledged(world)
        told = page.notified
        world.work()
        (thread,) = page.threads()
        assert thread.over
        assert "(acknowledged by `@mia`: moved by hand)" in thread.words
        assert "still present" not in summary(page)
        page.push({"db.tf": text(l9="other")})
        world.stage.results = (ran(GONE, stage="tofu-plan", effects=(OTHER,)),)
        assert world.reviewed(page).state == "failure"
        (thread,) = page.threads()
        assert not thread.over
        assert thread.words.startswith("**It counts again:**")
        assert page.notified == told


def test_said_in_the_thread_itself_it_is_closed_too(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (PLAN,)
    world.work()
    page.reply("mia", page.threads()[0], f"/redline acknowledge {GONE.id} --reason moved by hand")
    assert world.reviewed(page).state == "success"
    (thread,) = page.threads()
    assert (thread.over, [who for who, _ in thread.replies]) == (True, ["mia"])


def test_where_people_talk_in_the_thread_one_reply_says_it(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (PLAN,)
    world.work()
    (before,) = page.threads()
    page.reply("mia", before, "Was that not moved?")
    page.comment("mia", f"/redline acknowledge {GONE.id} --reason it was")
    assert world.reviewed(page).state == "success"
    (after,) = page.threads()
    assert (after.over, after.words) == (False, before.words)
    assert after.replies[-1][1] == "This was acknowledged by `@mia`: it was"
    page.push({"notes.md": "more\n"})
    world.work()
    assert page.threads() == [after]


def test_it_holds_for_the_next_push_that_does_the_same(world: World) -> None:
    page = acknowledged(world)
    world.work()
    page.push({"notes.md": "more\n"})
    assert world.reviewed(page).state == "success"


def test_it_lapses_when_the_effects_differ(world: World) -> None:
    page = acknowledged(world)
    world.work()
    page.push({"db.tf": text(l9="other")})
    world.stage.results = (ran(GONE, stage="tofu-plan", effects=(OTHER,)),)
    assert world.reviewed(page).state == "failure"


def test_it_lapses_when_a_retarget_alters_the_effects(world: World) -> None:
    page = acknowledged(world)
    world.work()
    world.repository.push("release", {"notes.md": "notes\n"})
    world.stage.results = (ran(GONE, stage="tofu-plan", effects=(OTHER,)),)
    page.retarget("release")
    assert world.reviewed(page).state == "failure"


def test_a_paused_change_has_its_status_and_no_comment(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    page.comment("ada", "/redline pause")
    world.stage.results = (PLAN,)
    world.work()
    page.push({"notes.md": "more\n"})
    assert world.reviewed(page).state == "failure"
    assert (page.threads(), page.summaries()) == ([], [])
    page.comment("ada", "/redline resume")
    page.push({"notes.md": "most\n"})
    assert world.reviewed(page).state == "failure"
    assert len(page.threads()) == 1


def test_nobody_lets_their_own_change_pass_by_way_of_a_stranger_s(world: World) -> None:
    """Who may allow what blocks on a stranger's change, and sends the same in their own name."""
    world.stage.finds(GONE)
    repository = world.forge.repository(BEFORE)
    fork = repository.fork("eve")
    fork.push("same", AFTER)
    theirs = repository.open("same", by="eve", fork=fork)
    assert world.reviewed(theirs).state == "failure"
    theirs.comment("ada", f"/redline allow {GONE.id} --reason looks fine")
    assert world.reviewed(theirs).state == "success"
    repository.push("mine", AFTER)
    mine = repository.open("mine", by="ada")
    assert world.reviewed(mine).state == "failure"
    mine.comment("mia", f"/redline allow {GONE.id} --reason agreed")
    assert world.reviewed(mine).state == "success"


def test_an_allowance_follows_its_file_in_its_change(world: World) -> None:
    """From push to push, and nowhere else."""
    page = world.given({"web.yaml": text()}, {"web.yaml": text(l7="seven")})
    world.stage.finds(found("floating", "web.yaml", 7, name="web.yaml"))
    world.work()
    finding = world.stage.results[0].findings[0]
    page.comment("mia", f"/redline allow {finding.id} --reason pinned elsewhere")
    assert world.reviewed(page).state == "success"
    names = ["web.yaml", "site.yaml", "shop/site.yaml"]
    for number, (old, new) in enumerate(pairwise(names)):
        page.push({old: None, new: text(l7="seven", l30=f"{number}")})
        world.stage.finds(found("floating", new, 7, name=new))
        assert world.reviewed(page).state == "success", new
        assert "(allowed by `@mia`: pinned elsewhere)" in summary(page)
    page.comment("ada", "/recheck")
    assert world.reviewed(page).state == "success"
    world.repository.push("other", {"shop/site.yaml": text(l7="seven")})
    other = world.repository.open("other")
    assert world.reviewed(other).state == "failure"
