"""The main job, as people live it."""

from tests.line.invariants import rows
from tests.line.server import eventually
from tests.line.world import World


def test_a_change_is_reviewed_fixed_and_rechecked(either: World) -> None:
    world = either
    repo = world.repo()
    pull = world.open(repo)
    world.reviewed(pull)
    threads = {(row["path"], row["line"]) for row in pull.threads}
    assert ("deploy/shop/worker.yaml", 50) in threads
    assert ("services/worker/Dockerfile", 2) in threads
    first = [row["id"] for row in pull.threads]

    world.push(pull, "fixed")
    world.reviewed(pull, "mended")
    assert [row["id"] for row in pull.threads] == first
    assert all(row["resolved"] for row in pull.threads)

    comment = pull.comment("ada", "/recheck")
    eventually(lambda: world.reactions(pull, comment) == ["+1"], "the command is answered")
    eventually(lambda: len(rows(repo, pull.head)) > 1, "the third review")
    world.reviewed(pull, "mended")
    assert [row["id"] for row in pull.threads] == first
