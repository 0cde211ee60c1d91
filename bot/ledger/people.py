"""What people said of a change, each word of it in the audit."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select

from bot.change import ChangeId, grouped
from bot.ledger.database import Database, now
from bot.ledger.models import (
    AcknowledgementRow,
    AllowanceRow,
    AuditRow,
    Base,
    ChangeRow,
    PauseRow,
    ReleasedRow,
    change_id,
    is_change,
    table,
)
from bot.pardon import Acknowledgement, Allowance, Said

_BATCH = 500
KEPT = ("allow", "acknowledge", "run", "pause", "resume")  # in the audit for good


@dataclass(frozen=True, slots=True)
class Entry:
    """One command and what came of it.

    ``repository`` is the name of that time, ``place`` the command's number within its comment.
    ``role`` is what the forge said when it was asked, ``answer`` one of done, refused, unclear.
    ``subject`` says for people what it is about, ``digest`` what an acknowledgement is bound to,
    ``head`` the change's newest commit then.
    """

    change: ChangeId
    repository: str
    comment: str
    place: int
    who: str
    role: str
    verb: str
    answer: str
    subject: str = ""
    reason: str = ""
    until: str = ""
    digest: str = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class Audited:
    """An entry as it stands in the audit; ``at`` in seconds since 1970."""

    entry: Entry
    at: float


class People:
    """What people said. Each method is a transaction, its entry in the audit included.

    All may be repeated: a worker that was killed says everything of a comment once more.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def said(self, change: ChangeId) -> Said:
        """All that holds for a change now; a merge group inherits from the change it is for."""
        member = grouped(change)
        meant = or_(*(is_change(each) for each in (change, member) if each is not None))
        with self._database.read() as connection:
            rows = [row.id for row in connection.execute(select(ChangeRow.id).where(meant))]
            time = connection.execute(select(now())).scalar_one()
            return Said(
                today=datetime.fromtimestamp(time, UTC).date().isoformat(),
                allowances=tuple(_allowances(connection, change, rows)),
                acknowledgements=tuple(_acknowledgements(connection, rows)),
                paused_by=_paused(connection, rows),
                released=_released(connection, change),
            )

    def note(self, entry: Entry) -> None:
        """Nothing but the entry."""
        with self._database.write() as connection:
            self._audit(connection, entry)

    def allow(self, entry: Entry, allowance: Allowance, *, everywhere: bool) -> None:
        """Except a rule at a place: in each change of the repository, or in this one only.

        What someone said who may let more pass than this one stays as it is.
        """
        with self._database.write() as connection:
            self._audit(connection, entry)
            row = {
                **_said(allowance),
                "forge": entry.change.forge,
                "repository": entry.change.repository,
                "change": 0 if everywhere else _row(connection, entry.change),
            }
            self._outweigh(connection, AllowanceRow, row)

    def follow(self, change: ChangeId, names: Mapping[str, str]) -> None:
        """What holds here for a finding holds for it under its new name too, in this change only.

        ``names`` are identities, old to new. No word of anyone: the audit has what they said.
        """
        columns = table(AllowanceRow).c
        here = (columns.forge == change.forge) & (columns.repository == change.repository)
        with self._database.write() as connection:
            row = _row(connection, change)
            old = here & columns.identity.in_(names) & columns.change.in_([0, row])
            for said in connection.execute(select(*columns).where(old)).mappings().all():
                new = {**said, "identity": names[said["identity"]], "change": row}
                self._outweigh(connection, AllowanceRow, new)

    def acknowledge(self, entry: Entry, said: Acknowledgement) -> None:
        """Accept what the change does, as it is now."""
        with self._database.write() as connection:
            self._audit(connection, entry)
            row = {**_said(said), "change": _row(connection, entry.change)}
            self._outweigh(connection, AcknowledgementRow, row)

    def release(self, entry: Entry) -> None:
        """Let the entry's head run with credentials."""
        with self._database.write() as connection:
            self._audit(connection, entry)
            row = {"change": _row(connection, entry.change), "head": entry.head, "by": entry.who}
            self._put(connection, ReleasedRow, row)

    def withdraw(self, change: ChangeId, head: str) -> None:
        """Another head is the newest: those that were released before it are not any more."""
        old = select(ChangeRow.id).where(is_change(change)).scalar_subquery()
        gone = delete(ReleasedRow).where(ReleasedRow.change == old, ReleasedRow.head != head)
        with self._database.write() as connection:
            connection.execute(gone)

    def pause(self, entry: Entry) -> None:
        """Post nothing at the change until someone resumes."""
        with self._database.write() as connection:
            self._audit(connection, entry)
            row = {"change": _row(connection, entry.change), "by": entry.who}
            self._put(connection, PauseRow, row)

    def resume(self, entry: Entry) -> None:
        """Post again."""
        with self._database.write() as connection:
            self._audit(connection, entry)
            row = _row(connection, entry.change)
            connection.execute(delete(PauseRow).where(PauseRow.change == row))

    def asked(self, change: ChangeId, who: str, seconds: float) -> int:
        """How many commands someone gave at a change in the last seconds."""
        rows = table(AuditRow).c
        here = [rows[name] == value for name, value in _place(change).items()]
        counted = select(func.count()).where(*here, rows.who == who, rows.at > now() - seconds)
        with self._database.read() as connection:
            found: int = connection.execute(counted).scalar_one()
            return found

    def audited(self) -> Iterator[Audited]:
        """The whole audit, the oldest entry first; read in parts, whatever its length."""
        last = 0
        while True:
            part = select(table(AuditRow)).where(AuditRow.id > last).order_by(AuditRow.id)
            with self._database.read() as connection:
                rows = connection.execute(part.limit(_BATCH)).all()
            yield from map(_audited, rows)
            if len(rows) < _BATCH:
                return
            last = rows[-1].id

    def _audit(self, connection: Connection, entry: Entry) -> None:
        """A second try finds its entry there; what the first one says stays."""
        values = {each.name: getattr(entry, each.name) for each in fields(entry)}
        change = values.pop("change")
        name = values.pop("repository")
        row = {"at": now(), "name": name, **values, **_place(change)}
        insert = self._database.insert(AuditRow).values(row)
        connection.execute(insert.on_conflict_do_nothing())

    def _put(self, connection: Connection, into: type[Base], row: Mapping[str, Any]) -> None:
        insert = self._database.insert(into).values({**row, "at": now()})
        connection.execute(insert.on_conflict_do_nothing())

    def _outweigh(self, connection: Connection, into: type[Base], row: Mapping[str, Any]) -> None:
        """Insert, or replace what was said with no greater right than this."""
        keys = [column.name for column in table(into).primary_key]
        insert = self._database.insert(into).values({**row, "at": now()})
        new = {name: insert.excluded[name] for name in (*row, "at") if name not in keys}
        mine = or_(~table(into).c.blocking, insert.excluded.blocking)
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=new, where=mine))


def _said(one: Allowance | Acknowledgement) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "at"}


def _place(change: ChangeId) -> dict[str, Any]:
    return {
        "forge": change.forge,
        "repository": change.repository,
        "kind": change.kind,
        "number": change.number,
        "ref": change.ref,
    }


def _row(connection: Connection, change: ChangeId) -> int:
    """The id of a change's row, which stays while the transaction lasts."""
    found: int = connection.execute(
        select(ChangeRow.id).where(is_change(change)).with_for_update()
    ).scalar_one()
    return found


def _allowances(connection: Connection, change: ChangeId, rows: list[int]) -> Iterator[Allowance]:
    """Those that let most pass first."""
    columns = table(AllowanceRow).c
    names = [columns[each.name] for each in fields(Allowance)]
    here = (columns.forge == change.forge) & (columns.repository == change.repository)
    found = select(*names).where(here, columns.change.in_([0, *rows]))
    for row in connection.execute(found.order_by(columns.blocking.desc(), columns.at)):
        yield Allowance(*row)


def _acknowledgements(connection: Connection, rows: list[int]) -> Iterator[Acknowledgement]:
    columns = table(AcknowledgementRow).c
    names = [columns[each.name] for each in fields(Acknowledgement)]
    found = select(*names).where(columns.change.in_(rows))
    for row in connection.execute(found.order_by(columns.blocking.desc(), columns.at)):
        yield Acknowledgement(*row)


def _paused(connection: Connection, rows: list[int]) -> str:
    by = select(PauseRow.by).where(PauseRow.change.in_(rows)).limit(1)
    return connection.execute(by).scalar() or ""


def _released(connection: Connection, change: ChangeId) -> dict[str, str]:
    found = select(ReleasedRow.head, ReleasedRow.by).join(ChangeRow).where(is_change(change))
    return {row.head: row.by for row in connection.execute(found)}


def _audited(row: Any) -> Audited:
    values = {each.name: getattr(row, each.name) for each in fields(Entry) if each.name != "change"}
    place = (row.forge, row.repository, row.kind, row.number, row.ref)
    entry = Entry(change=change_id(place), **{**values, "repository": row.name})
    return Audited(entry, row.at)
