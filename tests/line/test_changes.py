"""What people do to a change while it is under review, and changes of all kinds."""

import random
import time
from contextlib import suppress

import psutil

from tests.fakes.github import Repo
from tests.line.forges import source
from tests.line.invariants import made, ours, rows
from tests.line.server import eventually
from tests.line.world import World, Worlds, by_forge, seeds, together

SUPERSEDED_SECONDS = 5.0


def cancelled(repo: Repo, old: str, new: str) -> bool:
    return rows(repo, old)[-1:] == [("completed", "cancelled", f"superseded by {new[:7]}")]


def test_pushed_during_the_review(by_turns: Worlds) -> None:
    """Pushes at any moment, now and then back to an older commit: the newest head is reviewed."""

    def scenario(seed: int) -> None:
        world = by_turns(seed)
        chance, repo = random.Random(seed), world.repo()
        pull = world.open(repo, "broken")
        heads, contents = [pull.head], ["broken"]
        for _ in range(3):
            eventually(lambda: world.worker_of(pull) or world.idle(pull), "a review")
            time.sleep(chance.uniform(0, 0.5))
            if chance.random() < 0.4:
                back = chance.randrange(len(heads))
                repo.move(source(pull), heads[back])
                contents.append(contents[back])
            else:
                contents.append(chance.choice(("broken", "half")))
                world.push(pull, contents[-1])
            heads.append(pull.head)
        world.stands(pull, contents[-1], times=4)

    together(scenario, seeds())


def test_superseded_at_once(by_turns: Worlds) -> None:
    """A long review, and one that waits for git, end within seconds when someone pushes."""

    def scenario(seed: int) -> None:
        world, fetching = by_turns(seed), seed // 2 % 2 == 1
        repo = world.repo()
        if fetching:
            where = f"* */{repo.full_name}.git/*"
            fault = world.fake.faults.add(where, what="hang", seconds=20)
        pull = world.open(repo, "broken")
        old = pull.head
        if fetching:
            eventually(lambda: fault.hits, "git is held")
        else:
            eventually(lambda: rows(repo, old), "the review begins")
            frozen = eventually(lambda: world.redline.family("workers.child"), "its child")
            for one in frozen:
                with suppress(psutil.NoSuchProcess):
                    one.suspend()
        began = time.monotonic()
        new = world.push(pull, "half")
        eventually(lambda: cancelled(repo, old, new), "the old status ends")
        assert time.monotonic() - began < SUPERSEDED_SECONDS
        world.stands(pull, "half")
        assert len(made(pull)) == len(world.expected["half"].open), "nothing was said of the old"

    by_forge(scenario, seeds(8))


def test_superseded_while_it_waits(world: World) -> None:
    """A head that was shown as queued, and is replaced before its turn, does not stay queued."""

    def scenario(_seed: int) -> None:
        repo = world.repo()
        busy = world.redline.family("worker", "review")
        for one in busy:
            one.suspend()
        try:
            pull = world.open(repo, "broken")
            old = pull.head
            eventually(lambda: rows(repo, old) and rows(repo, old)[-1][0] == "queued", "it waits")
            world.push(pull, "half")
        finally:
            for one in reversed(busy):
                one.resume()
        world.stands(pull, "half")
        assert rows(repo, old)[-1][:2] == ("completed", "cancelled")

    together(scenario, seeds(3), at_once=1)


def test_drafts(world: World) -> None:
    """A draft has its status and no comment; these come when it is ready."""
    pull = world.open(world.repo(), "broken", draft=True)
    eventually(lambda: world.idle(pull) and rows(world.repo_of(pull), pull.head), "the review ends")
    assert rows(world.repo_of(pull), pull.head)[-1][1] == "failure"
    assert not made(pull)
    pull.ready()
    world.stands(pull, "broken")


def test_closed_and_reopened(world: World) -> None:
    """Closed under review, it ends; open again it is reviewed, and once only."""
    repo = world.repo()
    pull = world.open(repo, "broken")
    eventually(lambda: rows(repo, pull.head), "the review begins")
    pull.close()
    eventually(lambda: not (world.row(pull) or {})["open"], "the close is heard")
    eventually(lambda: rows(repo, pull.head)[-1][0] == "completed", "its status ends")
    pull.reopen()
    world.stands(pull, "broken")
    runs = len(rows(repo, pull.head))
    pull.close()
    pull.reopen()
    world.push(pull, "half")
    world.stands(pull, "half")
    assert runs <= 2


def test_retargeted(world: World) -> None:
    """Onto a branch that has most of it already: what is there is not new any more."""
    repo = world.repo()
    pull = world.open(repo, "broken")
    repo.move("release", pull.head)
    world.push(pull, "half")
    world.stands(pull, "half")
    pull.retarget("release")
    eventually(lambda: len(rows(repo, pull.head)) > 1 and world.idle(pull), "reviewed again")
    assert rows(repo, pull.head)[-1][1] == "failure"
    left = [thread["path"] for thread in pull.threads if not thread["resolved"]]
    assert left == ["deploy/shop/web.yaml"]


def test_from_a_fork_and_in_private(world: World) -> None:
    """The same review for a stranger's change, and where nobody looks in."""
    open_, private = world.repo(), world.repo(private=True)
    fork = open_.fork("eve")
    fork.push("patch", dict(world.content("broken")))
    pulls = [
        open_.open_pull("patch", by="eve", fork=fork),
        world.open(private, "broken"),
    ]
    for pull in pulls:
        world.stands(pull, "broken")
    fork.push("patch", dict(world.content("fixed")))
    world.stands(pulls[0], "mended")


def test_one_head_in_two_changes(world: World) -> None:
    """They share a status at their commit: it ends, and nobody goes on looking for it."""

    def scenario(_seed: int) -> None:
        repo = world.repo()
        repo.push("release", {"NOTES.md": "Notes.\n"})
        first = world.open(repo, "broken")
        second = repo.open_pull(first.state.head_ref, base="release")
        for pull in (first, second):
            world.stands(pull, "broken")
        before = world.counted("reconciler_found")
        walks = world.fake.counters["pulls/list"]
        eventually(lambda: world.fake.counters["pulls/list"] > walks + 60, "several walks")
        assert world.counted("reconciler_found") == before
        for pull in (first, second):
            world.stands(pull, "broken")

    together(scenario, seeds(1))


def test_a_merge_group(world: World) -> None:
    """Its head gets the status; nobody is told anything."""
    repo = world.repo()
    pulls = [world.open(repo, content) for content in ("fixed", "half")]
    for pull, content in zip(pulls, ("fixed", "half"), strict=True):
        world.stands(pull, content)
    told = [pull.notifications for pull in pulls]
    bad = repo.queue(pulls[1])
    eventually(lambda: rows(repo, bad)[-1:] and rows(repo, bad)[-1][1] == "failure", "it blocks")
    repo.destroy_queue(pulls[1])
    good = repo.queue(pulls[0])
    eventually(lambda: rows(repo, good)[-1:] and rows(repo, good)[-1][1] == "success", "it passes")
    assert [pull.notifications for pull in pulls] == told


def test_someone_else_s_words_stay(world: World) -> None:
    """A copied mark is not ours, and a talked-in thread gets one reply when it is fixed."""
    repo = world.repo()
    pull = world.open(repo, "broken")
    world.stands(pull, "broken")
    thread = pull.threads[0]
    pull.reply("ada", thread["id"], "Is that so?")
    copied = pull.comment("eve", thread["comments"][0]["body"])
    world.push(pull, "fixed")
    eventually(lambda: rows(repo, pull.head)[-1:] and world.idle(pull), "reviewed")
    talked = next(row for row in pull.threads if row["id"] == thread["id"])
    assert len(talked["comments"]) == 3
    assert ours(pull, talked["comments"][0]["body"]) is not None
    assert [one.body for one in pull.comments if one.id == copied] == [
        thread["comments"][0]["body"]
    ]
