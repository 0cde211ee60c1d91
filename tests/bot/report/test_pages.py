"""Which page an address gets, over a real ledger and a real socket."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.change import ChangeId, ForgeName, Kind
from bot.ledger import Busy, Lease, Ledger
from bot.report import page
from bot.report import pages as module
from bot.report.address import path
from bot.report.making import record
from bot.report.pages import Pages
from bot.report.record import pack
from tests.bot.given import HEAD, NEXT, result, review
from tests.bot.report.given import PRIVILEGED, full_record, source
from tests.bot.test_app import Start, start
from tests.databases import migrated_sqlite

__all__ = ["migrated_sqlite", "start"]

KEY = b"k" * 32
CHANGE = ChangeId(ForgeName.GITHUB, 12, number=7)
GROUP = ChangeId(ForgeName.GITHUB, 12, Kind.MERGE_GROUP, ref="gh-readonly-queue/main/pr-7-abc")


@pytest.fixture
def ledger(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Ledger]:
    database = tmp_path / "ledger.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    opened = Ledger.open(f"sqlite:///{database}")
    yield opened
    opened.close()


def begun(ledger: Ledger, head: str, change: ChangeId = CHANGE) -> Lease:
    ledger.want(change)
    lease = ledger.lease(change, "me", 60)
    assert lease is not None
    lease.attempt(head)
    return lease


def reviewed(ledger: Ledger, head: str, report: bytes = b"", change: ChangeId = CHANGE) -> None:
    begun(ledger, head, change).done(head, "failed", b"{}", report or pack(full_record(head)))


def get(ledger: Ledger, which: str = "", change: ChangeId = CHANGE) -> tuple[int, str]:
    place = path(change, KEY, which).removeprefix("/reviews/")
    answer = Pages(ledger, KEY).answer(place)
    return answer.code, answer.html


def test_a_change_shows_its_newest_review(ledger: Ledger) -> None:
    reviewed(ledger, HEAD)
    reviewed(ledger, NEXT)
    code, html = get(ledger)
    assert code == 200
    assert f"Commit <code>{NEXT[:7]}</code>" in html
    assert "This is an earlier review" not in html
    assert html.count('aria-current="page"') == 1


def test_an_earlier_review_keeps_its_address(ledger: Ledger) -> None:
    reviewed(ledger, HEAD)
    before = get(ledger, HEAD)
    reviewed(ledger, NEXT)
    code, html = get(ledger, HEAD)
    assert before[0] == code == 200
    assert f"Commit <code>{HEAD[:7]}</code>" in html
    assert f'<a href="{path(CHANGE, KEY)}">See the newest one</a>' in html


def test_the_list_leads_to_each_review(ledger: Ledger) -> None:
    for _ in range(3):
        reviewed(ledger, HEAD)
    shelf = ledger.look(CHANGE)
    assert shelf is not None
    newest, *older = shelf.past
    html = get(ledger)[1]
    for kept in older:
        link = path(CHANGE, KEY, str(kept.number))
        assert f'href="{link}"' in html
        assert get(ledger, str(kept.number))[0] == 200
    assert path(CHANGE, KEY, str(newest.number)) not in html


def test_a_running_review_says_how_far_it_is(ledger: Ledger) -> None:
    begun(ledger, HEAD).tell("3/7 tofu plan prod/eu, 41 s")
    for which in ("", HEAD):
        code, html = get(ledger, which)
        assert code == 200
        assert "<h1>3/7 tofu plan prod/eu, 41 s</h1>" in html
        assert "<title>3/7 tofu plan prod/eu, 41 s · #7</title>" in html
        assert f"Commit <code>{HEAD[:7]}</code>" in html


def test_a_review_is_shown_while_the_next_one_runs(ledger: Ledger) -> None:
    reviewed(ledger, HEAD)
    begun(ledger, NEXT).tell("checking out")
    html = get(ledger)[1]
    assert "<b>Checking out</b>" in html
    assert "Blocks merge" in html


def test_a_change_that_waits(ledger: Ledger) -> None:
    ledger.want(CHANGE)
    code, html = get(ledger)
    assert (code, "Waiting for a worker" in html) == (200, True)


def test_a_review_that_was_given_up(ledger: Ledger) -> None:
    begun(ledger, HEAD).bury("the review crashed (KeyError)")
    code, html = get(ledger)
    assert code == 200
    assert "This review was given up" in html
    assert "the review crashed (KeyError)" in html


def test_what_was_given_up_later_is_said_on_the_last_review(ledger: Ledger) -> None:
    reviewed(ledger, HEAD)
    begun(ledger, NEXT).bury("the review crashed (KeyError)")
    assert "A later review was given up: the review crashed (KeyError)" in get(ledger)[1]


def test_a_merge_group_has_a_page(ledger: Ledger) -> None:
    reviewed(ledger, HEAD, change=GROUP)
    assert get(ledger, HEAD, GROUP)[0] == 200


def test_unknown_pruned_and_unreadable_look_alike(ledger: Ledger) -> None:
    missing = (404, module.MISSING.html)
    assert get(ledger) == missing
    reviewed(ledger, HEAD, b'{"of": "another version"}\nxx')
    assert get(ledger) == missing
    reviewed(ledger, HEAD)
    for which in ("f" * 40, "999999", "1x", "../7", HEAD + "/", f"{HEAD}/1", "\u0661"):
        assert get(ledger, which) == missing, which


def test_a_review_of_an_older_redline_is_left_out_of_the_list(ledger: Ledger) -> None:
    begun(ledger, HEAD).done(HEAD, "failed", b"{}")
    reviewed(ledger, NEXT)
    assert 'Reviews of this change <span class="count">1</span>' in get(ledger)[1]


def test_behind_a_proxy_with_a_folder_links_keep_it(ledger: Ledger) -> None:
    reviewed(ledger, HEAD)
    reviewed(ledger, NEXT)
    place = path(CHANGE, KEY, HEAD).removeprefix("/reviews/")
    html = Pages(ledger, KEY, "https://corp/redline/").answer(place).html
    assert f'href="https://corp/redline{path(CHANGE, KEY)}"' in html


# Over a socket


def test_headers_keep_the_page_to_itself(start: Start) -> None:
    running = start(secret_key=KEY.decode())
    reviewed(running.ledger, HEAD)
    for place, code in (
        (path(CHANGE, KEY), 200),
        (path(CHANGE, b"x" * 32), 404),
        ("/reviews/", 404),
    ):
        answer = running.client.get(place)
        assert answer.status_code == code
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"] == page.POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers


def test_every_wrong_address_gets_the_same_page(start: Start) -> None:
    running = start(secret_key=KEY.decode())
    reviewed(running.ledger, HEAD)
    right = path(CHANGE, KEY)
    wrong = (
        right[:-1] + ("0" if right[-1] != "0" else "1"),
        right[:-32],
        right.replace("/7/", "/8/"),
        right.replace("github", "gitlab"),
        right + "/" + "e" * 40,
        "/reviews/%00/%ff/../../etc/passwd",
        "/reviews/" + "a/" * 500,
    )
    for place in wrong:
        answer = running.client.get(place)
        assert (answer.status_code, answer.text) == (404, module.MISSING.html), place


def test_head_is_answered_and_post_is_not(start: Start) -> None:
    running = start(secret_key=KEY.decode())
    reviewed(running.ledger, HEAD)
    head = running.client.head(path(CHANGE, KEY))
    assert (head.status_code, head.content) == (200, b"")
    assert running.client.post(path(CHANGE, KEY)).status_code == 405


def test_a_locked_database_is_said_and_not_called_missing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start(secret_key=KEY.decode())

    def busy(*_: object) -> None:
        raise Busy("locked")

    monkeypatch.setattr(running.ledger, "look", busy)
    answer: httpx.Response = running.client.get(path(CHANGE, KEY))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "The database does not answer" in answer.text


def test_a_stranger_reads_a_hostile_title_as_words(ledger: Ledger) -> None:
    rule = "<script>alert(1)</script>"
    made = record(review(result(replace(PRIVILEGED, rule=rule, family=None))), source, "1")
    reviewed(ledger, HEAD, pack(made))
    html = get(ledger)[1]
    assert "&lt;script&gt;alert(1)" in html
    assert "<script" not in html
