"""Moment by moment: what stands at the forge when something happens to a change."""

import pytest

from rules.gate import Gate, OnUnchecked
from rules.profile import Profile
from tests.scenarios.forges import Shown
from tests.scenarios.stage import could_not, found, idle, ran
from tests.scenarios.world import World, places, summary, text
from workers.pipe import Configured

BEFORE = {"web.yaml": text(), "db.tf": text(), "prod/net.tf": text()}
AFTER = {"web.yaml": text(l7="seven"), "db.tf": text(l9="nine")}
DESTROYED = found("destroyed", "db.tf", 9, name="aws_db_instance.main")
ROOT = found("root", "web.yaml", 7)
WARNING = found("probe", "web.yaml", 7, blocks=False)
NOTHING = "No infrastructure files changed"
BACKEND = could_not("backend init failed")


def test_opened_and_pushed_is_queued_at_once(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.announce(page)
    assert world.status(page) == Shown("queued", "waiting for a worker")
    page.push({"web.yaml": text(l7="8")})
    world.announce(page)
    assert world.status(page) == Shown("queued", "waiting for a worker")
    world.work()


def test_running_says_what_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.run.EDIT_SECONDS", 0.0)
    page = world.given(BEFORE, AFTER)
    world.stage.results = (ran(stage="tofu-plan", project="prod/eu"), ran())
    world.reviewed(page)
    shown = page.history(page.head)
    assert [one.state for one in shown if one.state == "running"]
    titles = [one.title for one in shown]
    assert "1/4 tofu plan prod/eu, 0 s" in titles or not world.forge.edits_running
    assert titles[-1] == "0 blocking, 0 warnings, 2 stages ran"


def test_not_needed(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    assert world.reviewed(page) == Shown(world.forge.skips, NOTHING)
    assert (page.threads(), page.summaries(), page.notified) == ([], [], 0)


def test_clean_says_nothing(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (ran(), ran(stage="hadolint"), idle("tofu-plan"))
    assert world.reviewed(page) == Shown("success", "0 blocking, 0 warnings, 2 stages ran")
    assert (page.threads(), page.summaries(), page.notified) == ([], [], 0)


def test_warnings_only(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(WARNING)
    assert world.reviewed(page) == Shown("success", "0 blocking, 1 warning, 1 stage ran")
    assert page.threads() == []
    assert page.annotations(page.head) == ([("web.yaml", 7)] if world.forge.annotates else [])
    assert "missing-probe of `web.yaml`" in summary(page)
    assert page.notified == 1


def test_blocking(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(DESTROYED, ROOT, found("privileged", "web.yaml", 7))
    title = "Blocks merge: 1 destroyed (aws_db_instance.main), 2 security"
    assert world.reviewed(page) == Shown("failure", title)
    assert places(page.threads()) == [
        ("db.tf", 9, "head"),
        ("web.yaml", 7, "head"),
        ("web.yaml", 7, "head"),
    ]
    first = page.threads()[0].words
    assert first.startswith("**Blocking:** destroyed-database of `aws_db_instance.main`")
    assert summary(page).startswith("**Redline: blocks merge** · 3 blocking")
    assert page.notified == 1


def test_unchecked(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (BACKEND, ran())
    title = "Could not check: tofu plan prod/eu: backend init failed"
    assert world.reviewed(page) == Shown("failure", title)
    assert "tofu plan prod/eu: backend init failed" in summary(page)
    assert page.threads() == []


def test_what_blocks_and_what_is_unchecked_are_both_named(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (BACKEND, ran(DESTROYED))
    assert world.reviewed(page) == Shown(
        "failure",
        "Blocks merge: 1 destroyed (aws_db_instance.main). "
        "Could not check: tofu plan prod/eu: backend init failed",
    )


def test_unchecked_before_this_change_too(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.results = (could_not("a source is not allowed", existing=True), ran())
    shown = world.reviewed(page)
    assert shown.state == "success"
    assert shown.title.startswith("NOT CHECKED, as before this change: tofu plan prod/eu")


def test_unchecked_where_the_repository_allows_it(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.configured = Configured(Gate(on_unchecked=OnUnchecked.ALLOW))
    world.stage.results = (BACKEND, ran())
    shown = world.reviewed(page)
    assert shown.state == "success"
    assert "NOT CHECKED" in shown.title


def test_observing(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.configured = Configured(Gate(Profile.OBSERVE))
    world.stage.finds(DESTROYED)
    title = "Would block: 1 destroyed (aws_db_instance.main)"
    assert world.reviewed(page) == Shown("success", title)
    assert places(page.threads()) == [("db.tf", 9, "head")]


def test_a_newer_push_supersedes(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    old = page.head

    def push(_number: int) -> None:
        world.stage.meanwhile = lambda number: None
        page.push({"web.yaml": text(l7="eight")})
        world.hear()

    world.stage.meanwhile = push
    assert world.reviewed(page).state == "failure"
    assert world.status(page, old) == Shown("cancelled", f"superseded by {page.head[:7]}")
    assert len(page.threads()) == 1
    assert world.stage.runs == 2


def test_fixed(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    world.since(page)
    head = page.push({"web.yaml": text(l7="fixed")})
    world.stage.finds()
    assert world.reviewed(page) == Shown("success", "0 blocking, 0 warnings, 1 stage ran")
    (thread,) = page.threads()
    assert thread.words.startswith(f"**Fixed in {head[:7]}.**")
    assert "root-container of" in thread.words
    assert (thread.over, thread.replies) == (True, ())
    assert summary(page) == f"**Redline:** nothing to report since {head[:7]}."
    assert world.since(page)[0] == 0


def test_fixed_where_we_may_not_resolve(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.forge.may_resolve(False)
    world.stage.finds(ROOT)
    world.work()
    page.push({"web.yaml": text(l7="fixed")})
    world.stage.finds()
    world.work()
    assert [one.over for one in page.threads()] == [True]


def test_fixed_after_a_person_answered(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    (before,) = page.threads()
    page.reply("mia", before, "Is that so?")
    head = page.push({"web.yaml": text(l7="fixed")})
    world.stage.finds()
    world.work()
    (after,) = page.threads()
    assert after.words == before.words
    assert after.replies[0][0] == "mia"
    assert [words for _, words in after.replies] == ["Is that so?", f"Fixed in {head[:7]}."]
    assert not after.over
    page.push({"web.yaml": text(l7="other")})
    world.work()
    assert page.threads() == [after]


def test_unchanged_moved_and_renamed_say_nothing(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT, WARNING)
    world.work()
    before = page.threads()
    world.since(page)
    page.push({"db.tf": text(l9="ten")})
    world.work()
    assert world.since(page) == (0, 0), "unchanged"
    page.push({"web.yaml": "new\nnew\n" + text(l7="seven")})
    world.stage.finds(found("root", "web.yaml", 9), found("probe", "web.yaml", 9, blocks=False))
    world.work()
    assert world.since(page) == (0, 0), "moved"
    page.push({"web.yaml": None, "site.yaml": "new\nnew\n" + text(l7="seven")})
    world.stage.finds(found("root", "site.yaml", 9), found("probe", "site.yaml", 9, blocks=False))
    world.work()
    assert world.since(page)[0] == 0, "renamed"
    assert [one.id for one in page.threads() if not one.over] == [one.id for one in before]


def test_resolved_by_a_person_and_still_there(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    page.resolve("mia", page.threads()[0])
    page.push({"db.tf": text(l9="ten")})
    assert world.reviewed(page).state == "failure"
    assert [one.over for one in page.threads()] == [True]
    assert "(resolved by `@mia`, still present)" in summary(page)


def test_pass_block_pass(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds()
    assert world.reviewed(page).state == "success"
    assert world.since(page)[0] == 0
    page.push({"web.yaml": text(l7="worse")})
    world.stage.finds(ROOT, WARNING)
    assert world.reviewed(page).state == "failure"
    assert world.since(page)[0] == 1
    page.push({"web.yaml": text(l7="better")})
    world.stage.finds()
    assert world.reviewed(page).state == "success"
    page.push({"web.yaml": text(l7="worse again")})
    assert world.since(page)[0] == 0
    world.stage.finds(ROOT)
    world.work()
    assert world.since(page)[0] == 1
    assert len([one for one in page.threads() if not one.over]) == 1


def test_a_draft_has_its_status_alone(world: World) -> None:
    page = world.given(BEFORE, AFTER, draft=True)
    world.stage.finds(ROOT, WARNING)
    assert world.reviewed(page).state == "failure"
    assert (page.threads(), page.summaries(), page.notified) == ([], [], 0)
    assert page.annotations(page.head) == (
        [("web.yaml", 7), ("web.yaml", 7)] if world.forge.annotates else []
    )
    page.ready()
    assert world.reviewed(page).state == "failure"
    assert (len(page.threads()), len(page.summaries()), page.notified) == (1, 1, 1)
    page.to_draft()
    page.push({"web.yaml": text(l7="worse")})
    world.stage.finds(ROOT, DESTROYED)
    world.work()
    assert len(page.threads()) == 1


def test_a_stranger_s_change(world: World) -> None:
    repository = world.forge.repository(BEFORE)
    fork = repository.fork("eve")
    fork.push("patch", AFTER)
    page = repository.open("patch", by="eve", fork=fork)
    words = f"a writer has to say `/redline run {page.head}`"
    world.stage.results = (could_not(words), ran(WARNING))
    shown = world.reviewed(page)
    assert shown.state == "failure"
    plain = words.replace("`", "")
    assert shown.title == f"Could not check: tofu plan prod/eu: {plain}"
    assert words in summary(page)


def test_base_moved_elsewhere(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    runs = world.stage.runs
    world.since(page)
    world.repository.push("main", {"docs/readme.md": "more\n"})
    world.work()
    assert (world.stage.runs, world.since(page)) == (runs, (0, 0))


def test_base_moved_and_someone_asks(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    world.repository.push("main", {"docs/readme.md": "more\n"})
    world.stage.finds()
    page.comment("ada", "/recheck")
    assert world.reviewed(page).state == "success"


def test_retargeted(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    world.repository.push("release", {"notes.md": "notes\n"})
    world.stage.finds()
    page.retarget("release")
    assert world.reviewed(page).state == "success"
    assert [one.over for one in page.threads()] == [True]


def test_the_merge_queue(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(WARNING)
    world.work()
    told = page.notified
    world.stage.finds(ROOT)
    _group, head = world.repository.queue(page)
    world.work()
    assert world.repository.shown(head)[-1] == Shown("failure", "Blocks merge: 1 security")
    assert (page.notified, page.threads()) == (told, [])


@pytest.mark.parametrize("ending", ["close", "merge"])
def test_closed_and_merged_end_quietly(world: World, ending: str) -> None:
    page = world.given(BEFORE, AFTER)
    world.announce(page)
    getattr(page, ending)()
    world.stage.finds(ROOT)
    world.work()
    assert world.status(page) == Shown("cancelled", "closed before the review ended")
    assert (page.threads(), page.summaries(), page.notified) == ([], [], 0)


def test_closed_under_review_and_reopened(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)

    def close(_number: int) -> None:
        world.stage.meanwhile = lambda number: None
        page.close()
        world.hear()

    world.stage.meanwhile = close
    world.work()
    assert page.threads() == []
    page.reopen()
    assert world.reviewed(page).state == "failure"
    assert len(page.threads()) == 1
    page.close()
    page.reopen()
    world.work()
    assert (len(page.threads()), page.notified) == (1, 1)


def test_a_force_push(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(ROOT)
    world.work()
    first = page.head
    world.repository.push("change", {"web.yaml": text(l7="other")}, force=True)
    world.work()
    assert world.status(page).state == "failure"
    assert (len(page.threads()), page.notified) == (1, 1)
    world.repository.move("change", first)
    assert world.reviewed(page).state == "failure"
    assert (len(page.threads()), page.notified) == (1, 1)
