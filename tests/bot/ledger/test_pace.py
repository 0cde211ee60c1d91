"""Writes that notify keep their distance, whoever makes them."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from bot.ledger import Ledger
from bot.ledger.pace import next_slot
from tests.databases import Open


@pytest.mark.parametrize(
    ("have", "every", "want"),
    [
        ([], 3, 1000),
        ([990], 3, 1000),
        ([999], 3, 1002),
        ([1005], 3, 1008),
        ([950 + i * 2 for i in range(20)], 2, 1010),
        ([940 + i * 2 for i in range(20)], 2, 1000),
        ([i * 9 for i in range(1, 400)], 9, 3600),
        ([500 + i for i in range(400)], 1, 4100),
    ],
    ids=["first", "rested", "too soon", "behind others", "20 a minute", "just over", "399", "400"],
)
def test_next_slot(have: list[float], every: float, want: float) -> None:
    assert next_slot(have, 1000, every) == pytest.approx(want)


def slots(url: str) -> list[float]:
    """The slots that were given, as the table has them."""
    engine = create_engine(url)
    with engine.connect() as connection:
        (found,) = connection.execute(text("SELECT slots FROM paces")).scalars()
    engine.dispose()
    return [float(slot) for slot in json.loads(found)]


def test_eight_at_once_get_slots_of_their_own(open_ledger: Open, database_url: str) -> None:
    ledgers = [open_ledger(), open_ledger()]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda n: ledgers[n % 2].pace("one", 3), range(16)))
    assert min(waits) == 0
    gaps = [b - a for a, b in itertools.pairwise(slots(database_url))]
    assert len(gaps) == 15
    assert min(gaps) == pytest.approx(3)


def test_no_more_than_twenty_a_minute(ledger: Ledger, database_url: str) -> None:
    for _ in range(41):
        ledger.pace("one", 0.5)
    given = slots(database_url)
    assert given[20] - given[0] == pytest.approx(60)
    assert given[40] - given[20] == pytest.approx(60)


def test_installations_do_not_wait_for_each_other(ledger: Ledger) -> None:
    for _ in range(5):
        ledger.pace("one", 3)
    assert ledger.pace("two", 3) == 0


def test_a_pace_of_nothing_lifts_all_of_it(ledger: Ledger) -> None:
    assert {ledger.pace("one", 0) for _ in range(500)} == {0}
