"""Which findings have a thread, how many of them, and what the summary holds of the rest."""

from tests.scenarios.stage import found, ran
from tests.scenarios.world import World, summary, text

BEFORE = {"a.yaml": text(60)}
AFTER = {"a.yaml": "".join(f"changed {number}\n" for number in range(1, 60))}
FAMILIES = ("destroyed", "iam", "network", "encryption")


def test_four_families_have_a_thread_each_and_whatever_their_level(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    warnings = [
        found(kind, "a.yaml", line, name=f"{kind}{line}", blocks=False)
        for kind in FAMILIES
        for line in (5, 9)
    ]
    world.stage.finds(*warnings)
    assert world.reviewed(page).state == "success"
    threads = page.threads()
    assert [one.line for one in threads] == [5, 9] * 4
    assert [one.words.partition(" of ")[0].rpartition(" ")[2] for one in threads[::2]] == [
        "destroyed-database",
        "widened-iam",
        "widened-network",
        "dropped-encryption",
    ]
    assert page.notified == 1


def test_security_context_and_others_share_one_by_rule_and_file(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(
        *(found("root", "a.yaml", line, name=f"c{line}", blocks=False) for line in (5, 9)),
        *(found("floating", "a.yaml", line, name=f"i{line}") for line in (6, 12)),
        found("probe", "a.yaml", 20, blocks=False),
    )
    world.work()
    assert [one.line for one in page.threads()] == [6, 5]
    assert "`i6`" in page.threads()[0].words
    assert "`i12`" in page.threads()[0].words


def test_one_of_two_in_a_thread_is_fixed_then_the_other(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    both = [found("floating", "a.yaml", line, name=f"i{line}") for line in (6, 12)]
    world.stage.finds(*both)
    world.work()
    world.since(page)
    page.push({"b.yaml": "x\n"})
    world.stage.finds(both[1])
    world.work()
    (thread,) = page.threads()
    assert (thread.over, "`i6`" in thread.words, "`i12`" in thread.words) == (False, False, True)
    page.push({"b.yaml": "y\n"})
    world.stage.finds()
    world.work()
    assert [one.over for one in page.threads()] == [True]
    assert world.since(page)[0] == 0


def test_ten_threads_a_push_and_never_more_later(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    many = [found("iam", "a.yaml", line, name=f"role{line:02}") for line in range(1, 15)]
    world.stage.finds(*many)
    assert world.reviewed(page).title == "Blocks merge: 14 IAM"
    assert len(page.threads()) == 10
    assert all(f"role{line:02}" in summary(page) for line in range(1, 15))
    world.since(page)
    page.push({"b.yaml": "x\n"})
    world.work()
    assert (len(page.threads()), world.since(page)) == (10, (0, 0))
    page.comment("ada", "/recheck")
    world.work()
    assert len(page.threads()) == 10
    page.push({"b.yaml": "y\n"})
    world.stage.finds(*many, found("destroyed", "a.yaml", 50, name="db"))
    world.work()
    assert (len(page.threads()), world.since(page)[0]) == (11, 1)


def test_the_gravest_come_first(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    world.stage.finds(
        *(found("iam", "a.yaml", line, name=f"r{line}", blocks=False) for line in range(1, 12)),
        found("floating", "a.yaml", 40),
        found("network", "a.yaml", 41, name="all"),
        found("destroyed", "a.yaml", 42, name="db"),
    )
    world.work()
    assert [one.line for one in page.threads()][:3] == [42, 41, 40]
    assert len(page.threads()) == 10


def test_five_hundred_findings_are_cut_by_whole_rows(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    long = "x" * 200
    world.stage.finds(
        *(
            found("floating", "a.yaml", line % 59 + 1, name=f"i{line}", message=f"{long} {line}")
            for line in range(500)
        )
    )
    assert world.reviewed(page).title == "Blocks merge: 500 floating-image"
    body = summary(page)
    assert 30_000 < len(body.encode()) < 60_000
    rows = [line for line in body.splitlines() if line.startswith("| blocking")]
    assert f"... and {500 - len(rows)} more" in body
    assert all(row.endswith("` |") for row in rows)
    assert len(page.threads()[0].words.encode()) < 60_000


def test_a_fixed_finding_that_comes_back_has_a_new_thread(world: World) -> None:
    page = world.given(BEFORE, AFTER)
    finding = found("root", "a.yaml", 9)
    for number, results in enumerate(((finding,), (), (finding,))):
        page.push({"b.yaml": f"{number}\n"})
        world.stage.results = (ran(*results),)
        world.work()
    assert [one.over for one in page.threads()] == [True, False]
    assert page.notified == 2
