"""What goes wrong on purpose: lost answers, late listings, limits."""

import httpx
import pytest

from tests.fakes.gitlab import FakeGitLab, MergeRequest


def say(lab: FakeGitLab, text: str, seconds: float = 20) -> httpx.Response:
    url = f"{lab.api}/projects/org%2Finfra%2Fshop/merge_requests/1/notes"
    headers = {"PRIVATE-TOKEN": lab.token("redline")}
    return httpx.post(url, json={"body": text}, headers=headers, timeout=seconds)


def texts(mr: MergeRequest) -> list[str]:
    return [note.body for note in mr.notes]


def listed(lab: FakeGitLab) -> list[str]:
    url = f"{lab.api}/projects/org%2Finfra%2Fshop/merge_requests/1/notes?sort=asc"
    return [row["body"] for row in httpx.get(url).json()]


def test_failing_before_and_after_the_write(lab: FakeGitLab, mr: MergeRequest) -> None:
    lab.faults.add("POST */notes", status=502)
    assert say(lab, "before").status_code == 502
    lab.faults.add("POST */notes", status=500, after=True, times=2)
    assert [say(lab, f"after {n}").status_code for n in range(3)] == [500, 500, 201]
    assert texts(mr) == ["after 0", "after 1", "after 2"]


@pytest.mark.parametrize("after", [False, True])
def test_dropped_connections_and_time_outs(lab: FakeGitLab, mr: MergeRequest, after: bool) -> None:
    lab.faults.add("POST */notes", what="drop", after=after)
    with pytest.raises(httpx.RemoteProtocolError):
        say(lab, "one")
    lab.faults.add("POST */notes", what="hang", after=after, seconds=1)
    with pytest.raises(httpx.TimeoutException):
        say(lab, "two", seconds=0.2)
    assert texts(mr) == (["one", "two"] if after else [])


def test_listings_are_late(lab: FakeGitLab, mr: MergeRequest) -> None:
    say(lab, "old")
    lab.clock.advance(10)
    lab.faults.stale(5, "notes")
    say(lab, "new")
    assert listed(lab) == ["old"]
    lab.clock.advance(5)
    assert listed(lab) == ["old", "new"]


def test_too_many_requests(lab: FakeGitLab, mr: MergeRequest) -> None:
    first = say(lab, "x")
    assert first.headers["ratelimit-remaining"] == "1999"
    lab.limits.a_minute = 2
    assert say(lab, "y").status_code == 201
    over = say(lab, "z")
    assert (over.status_code, over.text) == (429, "Retry later\n")
    assert 0 < int(over.headers["retry-after"]) <= 60
    assert over.headers["ratelimit-remaining"] == "0"
    assert int(over.headers["ratelimit-reset"]) > lab.clock.now()
    lab.clock.advance(61)
    assert say(lab, "z").status_code == 201
    lab.limits.exhaust("user redline", 120)
    assert int(say(lab, "z").headers["retry-after"]) > 60


def test_too_many_notes(lab: FakeGitLab, mr: MergeRequest) -> None:
    lab.limits.notes_a_minute = 2
    answers = [say(lab, "x") for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert "retry-after" not in answers[-1].headers
    assert "too many times" in answers[-1].json()["message"]["error"]
    lab.clock.advance(61)
    assert say(lab, "x").status_code == 201
