"""Commands end to end on GitHub's fake: who may what, cell by cell, and what comes of it."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import marks
from bot.answers import signed
from bot.forges.github import GitHub, connect
from bot.ledger import Ledger
from bot.review import Action, Effect, Outcome, Pardon, PardonKind, Written
from bot.settings import Settings
from rules.finding import Severity, short
from rules.gate import Gate
from tests.bot.given import finding
from tests.fakes.github import FakeGitHub, PullRequest, Repo
from tests.workers.desk import BUCKET, DATABASE, KEY, LATEST, LOST, OLD, ROOT, Desk
from tests.workers.desk import results as found
from workers.orders import MOST_ASKED

ROLES = {"rita": "read", "tess": "triage", "will": "write", "mona": "maintain", "ada": "admin"}
WORSE = Effect("prod", "aws_db_instance.other", "aws_db_instance", Action.DESTROY)
FILES = {"web.yaml": "kind: Pod\n"}


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path_factory.mktemp("github")) as fake:
        fake.limits.hourly = fake.limits.writes_a_minute = fake.limits.writes_an_hour = 1_000_000
        yield fake
    assert fake.violations == []


@pytest.fixture(scope="module")
def repo(github: FakeGitHub) -> Repo:
    return github.repository("org/infra", FILES, roles=ROLES)


@pytest.fixture(scope="module")
def pulls(repo: Repo) -> dict[str, PullRequest]:
    """A change of each author; eve has a fork and no role."""
    fork = repo.fork("eve")
    fork.push("eve", {"web.yaml": "kind: Pod\nmetadata: {}\n"})
    made = {"eve": repo.open_pull("eve", by="eve", fork=fork)}
    for author in ("will", "mona", "ada"):
        repo.push(author, {"web.yaml": f"kind: Pod # {author}\n"})
        made[author] = repo.open_pull(author, by=author)
    return made


@pytest.fixture(scope="module")
def forge(github: FakeGitHub) -> GitHub:
    app = github.app()
    own: dict[str, Any] = {"github_app_id": app.id, "github_private_key": app.private_key}
    own["secret_key"] = KEY.decode()
    return connect(Settings(github_url=github.api, **own))


Sit = Callable[..., Desk]


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """SQLite alone: what of it concerns the ledger is tried on both."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'ledger.db')}"


@pytest.fixture
def sit(forge: GitHub, pulls: dict[str, PullRequest], ledger: Ledger) -> Sit:
    """A desk at the change of an author."""
    return lambda author="eve", **further: Desk(ledger, forge, pulls[author], **further)


# Whose change, and who says it: the columns of the table. None: on the change of somebody else.
COLUMNS = {
    "author without write": ("eve", "eve"),
    "read": ("eve", "rita"),
    "triage": ("eve", "tess"),
    "write": ("eve", "will"),
    "maintain": ("eve", "mona"),
    "admin": ("eve", "ada"),
    "write, own change": ("will", "will"),
    "maintain, own change": ("mona", "mona"),
    "admin, own change": ("ada", "ada"),
}
_EVERYONE = set(COLUMNS)
_WRITERS = {name for name in COLUMNS if name.startswith(("write", "maintain", "admin"))}
_AUTHOR = {"author without write"}
_FOUR_EYES = {"write", "maintain", "admin", "admin, own change"}

ROWS = {
    "help": ("/redline help", _EVERYONE),
    "status": ("/redline status", _EVERYONE),
    "explain": (f"/redline explain {ROOT.id}", _EVERYONE),
    "recheck": ("/recheck", _EVERYONE - {"read"}),
    "run": ("/redline run {head}", _WRITERS),
    "allow a warning": (f"/redline allow {LATEST.id} --reason x", _WRITERS | _AUTHOR),
    "allow a blocking finding": (f"/redline allow {ROOT.id} --reason x", _FOUR_EYES),
    "acknowledge a warning": (f"/redline acknowledge {LATEST.id} --reason x", _WRITERS | _AUTHOR),
    "acknowledge a blocking finding": (f"/redline acknowledge {LOST.id} --reason x", _FOUR_EYES),
    "acknowledge all destroyed": ("/redline acknowledge destroyed --reason x", _FOUR_EYES),
    "pause": ("/redline pause", _WRITERS | _AUTHOR),
    "resume": ("/redline resume", _WRITERS | _AUTHOR),
}
CELLS = [(row, column) for row in ROWS for column in COLUMNS]


@pytest.mark.parametrize(("row", "column"), CELLS, ids=[": ".join(cell) for cell in CELLS])
def test_permissions(sit: Sit, row: str, column: str) -> None:
    author, who = COLUMNS[column]
    text, may = ROWS[row]
    desk = sit(author)
    before = (desk.ledger.people.said(desk.id), desk.review.outcome)
    audited = desk.says(who, text.format(head=desk.pull.head))
    assert audited is not None
    assert audited.entry.answer == ("done" if column in may else "refused")
    assert audited.entry.role == ROLES.get(who, "read")
    if column not in may:
        assert (desk.ledger.people.said(desk.id), desk.review.outcome) == before
        assert desk.wanted() is None


@pytest.mark.parametrize("column", COLUMNS)
def test_recheck_with_credentials(sit: Sit, column: str) -> None:
    author, who = COLUMNS[column]
    desk = sit(author)
    desk.says(who, "/recheck")
    lease = desk.wanted()
    assert (lease is not None and lease.keyed) == (column in _WRITERS)


def test_a_push_gives_a_recheck_its_credentials_back(sit: Sit) -> None:
    desk = sit("will")
    desk.says("tess", "/recheck")
    desk.says("will", "/recheck")
    lease = desk.wanted()
    assert lease is not None
    assert lease.keyed


def test_who_has_no_role_any_more(sit: Sit, repo: Repo) -> None:
    """The role of today counts, whatever the comment's payload says of its author."""
    desk = sit()
    repo.allow("zoe", "maintain")
    first = desk.says("zoe", f"/redline allow {ROOT.id} --reason x")
    repo.allow("zoe", "read")
    second = desk.says("zoe", f"/redline allow {ROOT.id} --reason y")
    assert first is not None
    assert second is not None
    assert (first.entry.answer, second.entry.answer) == ("done", "refused")


def test_an_allowance_takes_a_finding_out_of_the_count(sit: Sit) -> None:
    desk = sit(results=found(ROOT, LATEST, effects=()))
    assert desk.review.blocks
    audited = desk.says("will", f"/redline allow {ROOT.id} --until 2999-01-31 --reason don't")
    assert audited is not None
    assert (audited.entry.reason, audited.entry.until) == ("don't", "2999-01-31")
    assert audited.entry.subject == f"{ROOT.id} root-container web.yaml:9"
    review = desk.review
    assert review.pardon(ROOT) == Pardon(PardonKind.ALLOW, "will", "don't", "2999-01-31")
    assert (review.outcome, review.blocks) == (Outcome.PASSED, False)
    assert review.findings == (ROOT, LATEST), "what is allowed stays where it is"
    assert review.counts == {Severity.WARNING: 1}
    assert desk.reviewed().keyed, "the status follows"


def test_an_allowance_holds_in_each_change_of_the_repository(sit: Sit) -> None:
    here, there = sit("eve"), sit("mona")
    here.says("will", f"/redline allow {ROOT.id} --reason known")
    assert there.review.pardon(ROOT) is not None
    here.says("eve", f"/redline allow {LATEST.id} --reason mine")
    assert here.review.pardon(LATEST) is not None
    assert there.review.pardon(LATEST) is None, "a stranger speaks for their own change"


def test_an_allowance_of_a_warning_is_none_of_what_blocks(sit: Sit) -> None:
    desk = sit()
    desk.says("eve", f"/redline allow {LATEST.id} --reason mine")
    desk.gate = Gate(block_on=Severity.WARNING)
    assert desk.review.pardon(LATEST) is None
    desk.says("will", f"/redline allow {LATEST.id} --reason ours")
    desk.says("eve", f"/redline allow {LATEST.id} --reason mine again")
    assert desk.review.pardon(LATEST) == Pardon(PardonKind.ALLOW, "will", "ours")


def test_a_warning_that_blocks_here_is_let_pass_as_what_blocks(sit: Sit) -> None:
    desk = sit(gate=Gate(block_on=Severity.WARNING))
    for who, want in (("eve", "refused"), ("will", "done")):
        audited = desk.says(who, f"/redline allow {LATEST.id} --reason x")
        assert audited is not None
        assert audited.entry.answer == want


def test_an_exception_in_the_file_is_agreed_to(sit: Sit) -> None:
    waits = (replace(one, written=(Written(ROOT.identity, "a lab", "2999-01-31"),))
             for one in found(ROOT, LATEST, effects=()))  # fmt: skip
    desk = sit("will", results=tuple(waits))
    assert desk.review.blocks
    assert desk.review.exceptions[ROOT.identity].waits
    own, other = (desk.says(who, f"/redline allow {ROOT.id}") for who in ("will", "mona"))
    assert own is not None
    assert other is not None
    assert (own.entry.answer, other.entry.answer) == ("refused", "done")
    assert (other.entry.reason, other.entry.until) == ("a lab", "2999-01-31")
    assert desk.review.pardon(ROOT) == Pardon(PardonKind.ALLOW, "mona", "a lab", "2999-01-31")


def test_a_reason_of_one_s_own_wins_over_the_file_s(sit: Sit) -> None:
    waits = (replace(one, written=(Written(ROOT.identity, "a lab", "2999-01-31"),))
             for one in found(ROOT, effects=()))  # fmt: skip
    desk = sit(results=tuple(waits))
    desk.says("will", f"/redline allow {ROOT.id} --reason known")
    assert desk.review.pardon(ROOT) == Pardon(PardonKind.ALLOW, "will", "known")


def test_without_an_exception_a_reason_is_asked_for(sit: Sit) -> None:
    audited = sit().says("will", f"/redline allow {ROOT.id}")
    assert audited is not None
    assert audited.entry.answer == "unclear"


def test_a_file_whose_name_is_no_text(sit: Sit) -> None:
    odd = finding("root-container", "we\udcffb\u202e.yaml", 9, name="web")
    desk = sit(results=found(odd))
    for verb in ("allow", "acknowledge"):
        audited = desk.says("ada", f"/redline {verb} {odd.id} --reason x")
        assert audited is not None
        assert audited.entry.subject.endswith(r" we\xffb\u202e.yaml:9")
    desk.says("ada", f"/redline explain {odd.id}")
    assert r"we\xffb\u202e.yaml" in desk.answers()[-1]
    assert desk.review.pardon(odd) is not None


def test_an_acknowledgement_ends_with_its_effects(sit: Sit) -> None:
    desk = sit(results=found(LOST, effects=[DATABASE, BUCKET]))
    desk.says("will", f"/redline acknowledge {LOST.id} --reason moved by hand")
    want = Pardon(PardonKind.ACKNOWLEDGE, "will", "moved by hand")
    assert desk.review.pardon(LOST) == want
    desk.results = found(LOST, ROOT, effects=[DATABASE])
    assert desk.review.pardon(LOST) == want, "what else changes does not matter"
    replaced = replace(DATABASE, action=Action.REPLACE, order="delete-create")
    desk.results = found(LOST, effects=[replaced])
    assert desk.review.pardon(LOST) is None
    desk.results = found(LOST, effects=[DATABASE])
    assert desk.review.pardon(LOST) == want


def test_all_that_is_destroyed_is_one_thing(sit: Sit) -> None:
    queue = Effect("prod", "aws_sqs_queue.jobs", "aws_sqs_queue", Action.REPLACE, "delete-create")
    lost = replace(LOST, address="aws_sqs_queue.jobs", message="Replaces it.")
    desk = sit(results=found(LOST, lost, ROOT, effects=[DATABASE, queue, BUCKET]))
    audited = desk.says("ada", "/redline acknowledge destroyed --reason a test stack")
    assert audited is not None
    assert audited.entry.digest
    review = desk.review
    assert [bool(review.pardon(one)) for one in (LOST, lost, ROOT)] == [True, True, False]
    desk.results = found(LOST, effects=[DATABASE, BUCKET])
    assert desk.review.pardon(LOST) is None, "less is something else, too"
    desk.results = found(LOST, lost, effects=[queue, DATABASE])
    assert desk.review.pardon(lost) is not None, "what is not destroyed does not matter"


def test_without_an_effect_an_acknowledgement_holds_to_the_words(sit: Sit) -> None:
    desk = sit(results=found(ROOT, effects=()))
    desk.says("will", f"/redline acknowledge {ROOT.id} --reason known")
    assert desk.review.pardon(ROOT) is not None
    desk.results = found(replace(ROOT, location=replace(ROOT.location, line=80)), effects=())
    assert desk.review.pardon(ROOT) is not None, "it may move"
    desk.results = found(replace(ROOT, message="It runs as root and privileged."), effects=())
    assert desk.review.pardon(ROOT) is None


def test_only_the_newest_commit_is_run(sit: Sit) -> None:
    desk = sit()
    head = desk.pull.head
    wrong = desk.says("will", f"/redline run {'0' * 7}")
    assert wrong is not None
    assert wrong.entry.answer == "unclear"
    assert f"`/redline run {head}`" in desk.answers()[-1]
    for start in (7, 12, 39):  # another commit may begin so
        cut = desk.says("will", f"/redline run {head[:start]}")
        assert cut is not None
        assert cut.entry.answer == "unclear"
    assert "A commit is named whole" in desk.answers()[-1]
    assert desk.wanted() is None
    done = desk.says("will", f"/redline run {head.upper()}")
    assert done is not None
    assert done.entry.head == head
    assert desk.ledger.people.said(desk.id).released == {head: "will"}
    lease = desk.wanted()
    assert lease is not None
    assert (lease.keyed, lease.recheck) == (True, True)


def test_another_head_withdraws_the_release(sit: Sit) -> None:
    desk = sit()
    desk.says("will", f"/redline run {desk.pull.head}")
    desk.ledger.people.withdraw(desk.id, desk.pull.head)
    assert desk.ledger.people.said(desk.id).released
    desk.ledger.people.withdraw(desk.id, "f" * 40)
    assert not desk.ledger.people.said(desk.id).released


def test_pause_and_resume(sit: Sit) -> None:
    desk = sit()
    desk.says("eve", "/redline pause")
    assert desk.ledger.people.said(desk.id).paused_by == "eve"
    desk.says("will", "/redline resume")
    assert desk.ledger.people.said(desk.id).paused_by == ""


UNCLEAR = {
    f"/redline explain {ROOT.id[:3]}x": f"`{ROOT.id}`",
    "/redline explain zzzz": "There is no finding `zzzz` in the newest review",
    f"/redline explain {OLD.id}": "was there before this change",
    "/redline explain": "It is written `/redline explain ID`",
    f"/redline allow {ROOT.id}": "It gives no reason.",
    f"/redline allow {ROOT.id} --until 2001-01-01 --reason x": "2001-01-01 is over",
    f"/redline allow {ROOT.id} --reason x --until 2999-01-01": "must stand before `--reason`",
    f"/redline acknowledge {ROOT.id} --until 2999-01-01 --reason x": "has no date",
    "/redline dance": "That is no command of Redline's.",
}


@pytest.mark.parametrize(("text", "want"), UNCLEAR.items())
def test_what_is_unclear_is_answered(sit: Sit, text: str, want: str) -> None:
    desk = sit("mona")
    audited = desk.says("ada", text)
    assert audited is not None
    assert audited.entry.answer == "unclear"
    assert want in desk.answers()[-1]
    assert desk.reactions(audited.entry.comment) == ["confused"]
    assert desk.wanted() is None


def test_longer_ids_are_understood(sit: Sit) -> None:
    desk = sit()
    for length in (4, 8, 12):
        audited = desk.says("will", f"/redline allow {short(ROOT.identity, length)} --reason x")
        assert audited is not None
        assert audited.entry.answer == "done"


def test_an_id_that_means_two_names_both(sit: Sit) -> None:
    seen = {}
    for number in range(20_000):
        one = replace(ROOT, detail=str(number))
        if one.id in seen:
            break
        seen[one.id] = one
    other = seen[one.id]
    desk = sit(results=found(one, other, effects=()))
    audited = desk.says("will", f"/redline allow {one.id} --reason x")
    assert audited is not None
    assert audited.entry.answer == "unclear"
    for each in (one, other):
        assert f"`{short(each.identity, 12)}`" in desk.answers()[-1]
        assert desk.review.ids[each.identity] == short(each.identity, 8)
    desk.says("will", f"/redline allow {desk.review.ids[one.identity]} --reason x")
    assert [bool(desk.review.pardon(each)) for each in (one, other)] == [True, False]


def test_nothing_is_destroyed(sit: Sit) -> None:
    desk = sit(results=found(ROOT, effects=[BUCKET]))
    audited = desk.says("ada", "/redline acknowledge destroyed --reason x")
    assert audited is not None
    assert audited.entry.answer == "unclear"
    assert "Nothing is destroyed" in desk.answers()[-1]


def test_a_review_that_ended_after_the_comment_is_not_what_it_speaks_of(
    sit: Sit, later: Callable[[float], None]
) -> None:
    """The comment waited for a worker; meanwhile a push destroyed more."""
    seen = found(LOST, effects=[DATABASE])
    desk = sit(results=seen)
    desk.results = found(LOST, effects=[DATABASE, WORSE])
    desk.says("will", "/recheck")
    later(100)
    text = "/redline acknowledge destroyed --reason x"
    desk.asked("ada", text, str(desk.pull.comment("ada", text)))
    later(30)
    desk.reviewed()
    desk.obeys()
    assert desk.review.pardon(LOST) is None
    desk.results = seen
    assert desk.review.pardon(LOST) is not None


def test_a_webhook_that_comes_late_speaks_of_what_its_writer_saw(
    sit: Sit, later: Callable[[float], None]
) -> None:
    """It was lost; it came again when a push had destroyed more."""
    seen = found(LOST, effects=[DATABASE])
    desk = sit(results=seen)
    later(100)
    written = time.time() - 60
    desk.results = found(LOST, effects=[DATABASE, WORSE])
    desk.says("will", "/recheck")
    desk.reviewed()
    text = "/redline acknowledge destroyed --reason x"
    desk.asked("ada", text, str(desk.pull.comment("ada", text)), written)
    desk.obeys()
    assert desk.review.pardon(LOST) is None
    desk.results = seen
    assert desk.review.pardon(LOST) is not None


@pytest.mark.parametrize("subject", ["destroyed", LOST.id])
def test_what_changed_in_these_seconds_is_asked_again(
    sit: Sit, later: Callable[[float], None], subject: str
) -> None:
    """Two reviews might be meant, and the newer one may not have been seen."""
    desk = sit(results=found(LOST, effects=[DATABASE]))
    later(100)
    desk.says("will", "/recheck")
    written = time.time() - 1
    desk.results = found(LOST, effects=[replace(DATABASE, action=Action.REPLACE)])
    desk.reviewed()
    text = f"/redline acknowledge {subject} --reason x"
    desk.asked("ada", text, str(desk.pull.comment("ada", text)), written)
    desk.obeys()
    assert "Look at it, then say it again" in desk.answers()[-1]
    assert desk.review.pardon(LOST) is None


def test_eyes_then_a_thumb(sit: Sit) -> None:
    desk = sit()
    audited = desk.says("will", f"/redline allow {ROOT.id} --reason x")
    assert audited is not None
    assert desk.reactions(audited.entry.comment) == ["+1"]


def test_a_refusal_is_said_once(sit: Sit) -> None:
    desk = sit()
    said = len(desk.answers())
    for _ in range(3):
        desk.says("rita", "/redline pause\n/redline resume")
    new = desk.answers()[said:]
    assert len(new) <= 1
    assert all("paused by the author" in text for text in new)
    assert [one.entry.answer for one in desk.audit()] == ["refused"] * 6


def test_whoever_asks_without_end_gets_no_more_words(sit: Sit) -> None:
    desk = sit("ada")
    said = len(desk.answers())
    for number in range(MOST_ASKED + 3):
        audited = desk.says("rita", f"/redline explain zzz{number}")
    assert audited is not None
    assert len(desk.answers()) == said + MOST_ASKED
    assert desk.reactions(audited.entry.comment) == ["confused"]
    desk.says("tess", "/redline explain zzzzz")
    assert len(desk.answers()) == said + MOST_ASKED + 1, "others are answered"


def test_our_own_words_are_no_command(sit: Sit) -> None:
    """With a plain token our account is a person's, and its comments reach us like anyone's."""
    desk = sit()
    text = signed("/redline pause", "1", desk.forge.change(desk.id), KEY)
    assert desk.says("will", text) is None
    assert desk.ledger.people.said(desk.id).paused_by == ""
    assert desk.says("will", text.replace("redline:1", "redline:2")) is not None
    assert marks.read(text, desk.id, KEY) is not None


def test_a_button_is_obeyed_without_a_word(sit: Sit) -> None:
    desk = sit()
    said = len(desk.answers())
    for who, wanted in (("rita", False), ("will", True)):
        desk.asked(who, "/redline recheck", f"button {who}")
        desk.obeys()
        assert (desk.wanted() is not None) == wanted
    assert len(desk.answers()) == said


def test_a_second_try_says_nothing_twice(sit: Sit) -> None:
    desk = sit("mona")
    said = len(desk.answers())
    text = f"/redline explain {LOST.id}\n/redline allow {ROOT.id} --reason x"
    desk.asked("will", text, str(desk.pull.comment("will", text)))
    desk.obeys(times=2)
    assert len(desk.answers()) == said + 1
    assert [one.entry.verb for one in desk.audit()] == ["explain", "allow"]
