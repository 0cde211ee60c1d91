"""The same measurements on changes of our own, so that they run wherever the tests do."""

from tests.history.changes import Made, Telling
from tests.history.desk import Change, Desk
from tests.history.said import NOTHING, Thread, said
from tests.history.tally import Moment, Step, Tally, moved

DOCKERFILE = b"""FROM python:latest
ENV API_TOKEN=ghp_16C7e42F292c6912E7710c838347Ae178B4a
RUN apt-get install curl
RUN apt-get install git
USER app
"""
POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop/web:latest
          securityContext:
            privileged: true
        - name: side
          image: shop/side
"""
FILES = {
    "services/web/Dockerfile": DOCKERFILE,
    "deploy/web.yaml": (POD % "web").encode(),
    "deploy/api.yaml": (POD % "api").encode(),
    "deploy/broken.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: x\n",
}


def told(desk: Desk, *, objects: bool) -> Telling:
    telling = Telling(desk, desk.repository("shop"), Made("change", FILES, objects=objects))
    telling.told()
    return telling


def counts(tally: Tally) -> dict[str, int]:
    """What must be nothing."""
    names = ("again", "surfaced", "wrongly", "lost", "left", "doubled", "unsaid", "loud")
    return {name: getattr(tally, name) for name in names if getattr(tally, name)}


def test_comments_inserted_and_a_file_renamed(desk: Desk) -> None:
    tally = told(desk, objects=False).tally
    assert counts(tally) == {}, tally.examples
    assert tally.survivors > 50
    assert tally.resolved > 2


def test_objects_inserted_and_a_file_moved(desk: Desk) -> None:
    tally = told(desk, objects=True).tally
    assert counts(tally) == {}, tally.examples
    assert tally.survivors > 50
    assert tally.resolved > 2


def test_a_file_that_breaks_keeps_its_threads(desk: Desk) -> None:
    whole = (POD % "web").encode()
    change, first = opened(desk, whole)
    change.push({"deploy/web.yaml": whole + b"  - [\n"})
    broken = stands(desk, change)
    assert {each.id for each in first} < {each.id for each in broken if not each.over}
    change.push({"deploy/web.yaml": whole})
    mended = stands(desk, change)
    assert [each.id for each in mended if not each.over] == [each.id for each in first]
    assert [each.mark.rule for each in mended if each.over] == ["unreadable-file"]


def test_a_file_that_is_rendered_now_is_not_fixed(desk: Desk) -> None:
    change, first = opened(desk, (POD % "web").encode())
    change.push({"deploy/kustomization.yaml": b"resources: [web.yaml]\n"})
    assert {each.id for each in stands(desk, change) if each.over} == {each.id for each in first}
    said_so = [row["comments"][0]["body"].startswith("**Not judged here") for row in change.threads]
    assert said_so == [True] * len(first)


def test_a_file_that_is_split_and_merged_again_begins_nothing(desk: Desk) -> None:
    """Between two heads, over folders, one object with a line more: each push is quiet."""
    web, api = ((POD % name).encode() for name in ("web", "api"))
    change, first = opened(desk, b"---\n".join((web, api)))
    known = {each.id for each in first}
    parts = {"web/web.yaml": b"# alone\n" + web, "deploy/api.yaml": api}
    for files in (
        {"deploy/web.yaml": None, **parts},
        {"deploy/api.yaml": None, "deploy/web.yaml": api},
        {"web/web.yaml": None, "deploy/web.yaml": b"---\n".join((api, web))},
    ):
        before = change.notifications
        change.push(files)
        assert {each.id for each in stands(desk, change)} == known
        assert change.notifications == before
    mended = web.replace(b"privileged: true", b"privileged: false")
    change.push({"deploy/web.yaml": mended})
    assert [each.mark.rule for each in stands(desk, change) if each.over]


def opened(desk: Desk, data: bytes) -> tuple[Change, tuple[Thread, ...]]:
    """A reviewed change that adds one manifest, and its threads."""
    repo = desk.repository("shop")
    repo.push("change", {"deploy/web.yaml": data})
    change: Change = desk.there.open(repo, "change")
    threads = stands(desk, change)
    assert len(threads) > 2
    return change, threads


def stands(desk: Desk, change: Change) -> tuple[Thread, ...]:
    """The threads after a review of the head."""
    found = desk.review(change)["findings"]
    return said(change, {each["id"] for each in found}).threads


def found(
    line: int, id_: str = "abcd", message: str = "m", *, new: bool = True
) -> dict[str, object]:
    return {
        "rule": "r", "path": "f", "line": line, "id": id_, "identity": id_, "message": message,
        "new": new,
    }  # fmt: skip


def step(
    old: list[dict[str, object]], new: list[dict[str, object]], text: bytes = b"a\nb\n"
) -> Tally:
    before = Moment({"f": b"a\nb\n"}, tuple(old), NOTHING)
    after = Moment({"f": text}, tuple(new), NOTHING)
    return Step("step", before, after, {}).tally()


def test_the_tally_sees_another_id() -> None:
    assert step([found(1)], [found(1, "efgh")]).renumbered == 1
    assert step([found(1)], [found(2)], b"x\na\nb\n").renumbered == 0


def test_the_tally_sees_what_was_there_before() -> None:
    assert step([found(1, new=False)], [found(1)]).surfaced == 1


def test_the_tally_sees_what_no_row_says() -> None:
    assert step([], [found(1)]).unsaid == 1


def test_lines_are_followed() -> None:
    assert moved(b"a\nb\nc", b"x\na\nb2\nc") == {1: 2, 2: 3, 3: 4}
