"""``redline audit`` as an operator runs it."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from bot.ledger import Entry, Ledger
from bot.pardon import Allowance
from tests.bot.cli.test_commands import redline
from tests.bot.ledger.given import A, change, push

EVIL = '=HYPERLINK("http://x","y")\x1b[31m\n+1'


@pytest.fixture
def state(tmp_path: Path) -> Path:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'redline.db'}")
    ledger.remember(push(A))
    said = Allowance("f" * 32, "root-container", "web.yaml:9", "ada", EVIL, "2027-01-31", True)
    entry = Entry(
        change(), "org/infra", "17", 0, "ada", "write", "allow", "done",
        "r7k2 root-container web.yaml:9", EVIL, "2027-01-31", head=A,
    )  # fmt: skip
    ledger.people.allow(entry, said, everywhere=True)
    ledger.people.note(Entry(change(), "org/infra", "18", 1, "eve", "read", "pause", "refused"))
    ledger.close()
    return tmp_path


def test_as_json(state: Path) -> None:
    done = redline("audit", REDLINE_STATE_DIR=str(state))
    first, second = json.loads(done.stdout)
    assert first["at"].endswith("+00:00")
    assert first | {"at": ""} == {
        "at": "", "forge": "github", "repository": "org/infra", "repository_id": 7, "change": 1,
        "who": "ada", "role": "write", "verb": "allow", "answer": "done",
        "subject": "r7k2 root-container web.yaml:9", "reason": EVIL, "until": "2027-01-31",
        "digest": "", "head": A, "comment": "17",
    }  # fmt: skip
    assert (second["who"], second["answer"]) == ("eve", "refused")
    assert "\x1b" not in done.stdout


def test_as_a_table_that_no_spreadsheet_runs(state: Path) -> None:
    done = redline("audit", "--format", "csv", REDLINE_STATE_DIR=str(state))
    first, second = csv.DictReader(StringIO(done.stdout))
    assert first["reason"] == '\'=HYPERLINK("http://x","y")\\x1b[31m\\n+1'
    assert second["reason"] == ""
    assert len(done.stdout.splitlines()) == 3


def test_nothing_was_said(tmp_path: Path) -> None:
    Ledger.open(f"sqlite:///{tmp_path / 'redline.db'}").close()
    assert json.loads(redline("audit", REDLINE_STATE_DIR=str(tmp_path)).stdout) == []


def test_no_ledger(tmp_path: Path) -> None:
    done = redline("audit", REDLINE_STATE_DIR=str(tmp_path / "elsewhere"))
    assert done.returncode == 2
    assert "there is no ledger at" in done.stderr
    assert not (tmp_path / "elsewhere").exists()
