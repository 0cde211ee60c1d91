"""What only GitLab has: merge trains, forks that let nobody show a status, slashes that run."""

from tests.line.contents import unique
from tests.line.forges import rows
from tests.line.server import eventually
from tests.line.world import World


def test_a_merge_train_is_reviewed_at_its_own_commit(on_gitlab: World) -> None:
    world, repo = on_gitlab, on_gitlab.repo()
    request = world.open(repo)
    world.reviewed(request)
    said = len(request.notes)
    head = repo.queue(request)
    eventually(lambda: rows(repo, head) and rows(repo, head)[-1][1], "the train's review")
    (row,) = repo.statuses(head)
    assert (row.state, row.pipeline) == ("failed", request.state.train.id)
    assert len(request.notes) == said


def test_a_fork_that_lets_us_show_nothing_has_a_thread(on_gitlab: World) -> None:
    world, repo = on_gitlab, on_gitlab.repo()
    repo.set(only_allow_merge_if_all_discussions_are_resolved=True)
    fork = repo.fork("eve")
    fork.push("mine", unique("broken"), by="eve")
    request = repo.open_merge_request("mine", by="eve", fork=fork)

    def gate() -> list[tuple[str, bool]]:
        every = [one.first for one in request.state.discussions.values()]
        found = [note for note in every if "takes its place" in note.body]
        return [(note.body.partition(": ")[2][:6], note.resolver is not None) for note in found]

    eventually(lambda: world.idle(request) and gate() == [("Blocks", False)], "the outcome")
    request.push(unique("fixed"), by="eve")
    eventually(lambda: world.idle(request) and gate() == [("0 bloc", True)], "the next outcome")
    assert request.mergeable == "mergeable"
    assert rows(repo, request.head) == rows(fork, request.head) == []
