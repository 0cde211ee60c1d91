"""Whether what a base has brought matters to a change."""

from dataclasses import replace

import pytest

from bot.change import Change, ChangedFile, ChangeId, FileStatus, ForgeName
from bot.ledger import Onto, Reviewed
from workers.checkout import Moved
from workers.glance import matters, touches

A, B, C, D = "a" * 40, "b" * 40, "c" * 40, "d" * 40
NONE = "0" * 40
CHANGE = Change(
    id=ChangeId(ForgeName.GITHUB, 1, number=7),
    repository="org/infra",
    merge_base=A,
    base=C,
    head=D,
    base_ref="main",
    url="",
    clone_url="",
    author="ada",
)
LAST = Reviewed(D, "passed", 1.0, Onto(base=B, merge_base=A))


def file(path: str, old: str = "100644", new: str = "100644") -> ChangedFile:
    return ChangedFile(FileStatus.MODIFIED, path, path, A, B, old, new)


def files(*paths: str) -> tuple[ChangedFile, ...]:
    return tuple(map(file, paths))


def never(_since: str) -> Moved | None:
    raise AssertionError("nobody need look")


@pytest.mark.parametrize(
    ("own", "base", "touched"),
    [
        (["web/a.yaml"], ["web/b.yaml"], True),
        (["web/a.yaml"], ["web/a.yaml"], True),
        (["web/a.yaml"], ["web/Dockerfile"], True),
        (["a.yaml"], ["b.yaml"], True),
        (["web/a.yaml"], ["db/b.yaml", "web/readme.md"], False),
        (["web/a.yaml"], ["web/deep/b.yaml", "b.yaml", "webs/b.yaml"], False),
        (["web/readme.md"], ["web/b.yaml"], False),
        ([], ["web/b.yaml"], False),
        (["web/a.yaml"], [], False),
        (["web/a.yaml"], [".redline.yaml"], True),
        (["readme.md"], [".redline.yaml"], True),
        (["web/a.yaml"], ["db/.gitattributes"], True),
        (["web/a.yaml"], ["db/.redline.yaml"], False),
    ],
)
def test_projects(own: list[str], base: list[str], touched: bool) -> None:
    assert touches(Moved(files(*own), files(*base))) is touched


def test_a_file_counts_as_it_was_and_as_it_is() -> None:
    gone = file("web/b.yaml", "100644", "000000")
    link = file("web/link", "120000", "000000")
    for base in (gone, link):
        assert touches(Moved(files("web/a.yaml"), (base,)))
        assert touches(Moved((base,), files("web/a.yaml")))
    assert not touches(Moved(files("web/a.yaml"), (file("web/run", "100644", "100755"),)))


def test_the_base_moved_elsewhere() -> None:
    def moved(since: str) -> Moved:
        assert since == B
        return Moved(files("web/a.yaml"), files("db/b.yaml"))

    assert not matters(CHANGE, LAST, moved)


def test_what_cannot_be_listed_matters() -> None:
    assert matters(CHANGE, LAST, lambda _since: None)


@pytest.mark.parametrize(
    ("last", "matter"),
    [
        (None, True),
        (replace(LAST, head=C), True),
        (replace(LAST, onto=Onto(base=B, merge_base=B)), True),
        (replace(LAST, onto=Onto()), True),
        (replace(LAST, onto=Onto(base=C, merge_base=A)), False),
    ],
    ids=["never reviewed", "another head", "another merge base", "not known", "seen already"],
)
def test_what_is_told_without_a_look(last: Reviewed | None, matter: bool) -> None:
    assert matters(CHANGE, last, never) is matter
