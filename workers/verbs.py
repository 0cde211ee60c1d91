"""What each command does: one function a verb, each with its entry in the audit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from bot import answers, told
from bot.change import Change
from bot.commands import Command, Verb, Wrong
from bot.forges.base import Role
from bot.ledger import Entry, Ledger, Recheck, Stored
from bot.markdown.escape import visible
from bot.pardon import DESTROYED, Acknowledgement, Allowance
from bot.permission import Act, may
from bot.told import Item, Told

DONE, REFUSED, UNCLEAR = "done", "refused", "unclear"
_SEEN_SECONDS = 5.0  # by which people may see a review before its end is written down


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a command; ``text`` only where it says more than a reaction does."""

    answer: str
    text: str = ""


@dataclass(frozen=True)
class Case:
    """One comment with commands. ``role`` is its author's as the forge says it now."""

    stored: Stored
    change: Change
    ledger: Ledger
    role: Role

    @property
    def own(self) -> bool:
        """Whether the change is theirs."""
        return bool(self.stored.author) and self.stored.author == self.change.author

    def may(self, act: Act) -> bool:
        """Whether its author may do this here."""
        return may(act, self.role, own=self.own)

    @cached_property
    def review(self) -> Told | None:
        """The newest review that the comment can speak of: not one that ended after it."""
        return self._review(max(0.0, self.stored.age - _SEEN_SECONDS))

    @cached_property
    def before(self) -> Told | None:
        """The newest one that had certainly ended, mostly the same."""
        return self._review(max(0.0, self.stored.age))

    def _review(self, age: float) -> Told | None:
        return told.read(self.ledger.review(self.stored.change, age))


@dataclass(frozen=True)
class Order:
    """One command of a comment, the ``place``-th."""

    case: Case
    command: Command
    place: int = 0

    def entry(self, answer: str = DONE, subject: str = "", digest: str = "") -> Entry:
        """Its line in the audit."""
        case, command = self.case, self.command
        return Entry(
            change=case.stored.change,
            repository=case.change.repository,
            comment=case.stored.comment,
            place=self.place,
            who=case.stored.author,
            role=case.role.name.lower(),
            verb=command.verb,
            answer=answer,
            subject=subject or command.finding or command.sha or " ".join(command.projects),
            reason=command.reason,
            until=command.until,
            digest=digest,
            head=case.change.head,
        )

    def refused(self, act: Act) -> Reply:
        """Not by this person."""
        self.case.ledger.people.note(self.entry(REFUSED))
        return Reply(REFUSED, answers.refusal(act, self.case.change.id.forge))

    def unclear(self, text: str) -> Reply:
        """Not as it was said."""
        self.case.ledger.people.note(self.entry(UNCLEAR))
        return Reply(UNCLEAR, text)

    def again(self) -> None:
        """Have the status follow what was decided, at once for those who may write here."""
        keyed = self.case.may(Act.RECHECK_KEYED)
        self.case.ledger.want(self.case.stored.change, Recheck(keyed, at_once=keyed))


def obeyed(order: Order) -> Reply:
    """Do what a command asks, as far as its sayer may."""
    command = order.command
    if command.verb is Verb.UNKNOWN:
        return order.unclear(f"{answers.UNKNOWN}\n\n{_commands(order)}")
    if command.wrong is not None:
        return order.unclear(answers.wrong(command.verb, command.wrong))
    return _DEEDS[command.verb](order)


def _commands(order: Order) -> str:
    return answers.commands(order.case.stored.change.forge)


def _recheck(order: Order) -> Reply:
    case = order.case
    if not case.may(Act.RECHECK):
        return order.refused(Act.RECHECK)
    case.ledger.people.note(order.entry())
    case.ledger.want(case.stored.change, Recheck(keyed=case.may(Act.RECHECK_KEYED)))
    return Reply(DONE)


def _asked(order: Order, text: Callable[[], Reply]) -> Reply:
    """A question: answered to whoever may read here."""
    if not order.case.may(Act.ASK):
        return order.refused(Act.ASK)
    reply = text()
    order.case.ledger.people.note(order.entry(reply.answer))
    return reply


def _help(order: Order) -> Reply:
    return _asked(order, lambda: Reply(DONE, _commands(order)))


def _status(order: Order) -> Reply:
    return _asked(order, lambda: Reply(DONE, _standing(order.case)))


def _standing(case: Case) -> str:
    id_ = case.stored.change
    newest, said = told.read(case.ledger.review(id_)), case.ledger.people.said(id_)
    shelf = case.ledger.look(id_)
    goes_on = ""
    if shelf is not None:
        goes_on = "runs now" if shelf.now.runs else "waits" if shelf.now.waits else ""
    return answers.standing(newest, said, case.change, goes_on)


def _explain(order: Order) -> Reply:
    def explained() -> Reply:
        item = _named(order)
        if isinstance(item, str):
            return Reply(UNCLEAR, item)
        return Reply(DONE, answers.explained(item, order.case.change))

    return _asked(order, explained)


def _named(order: Order) -> Item | str:
    """The finding that is meant, or what is to be said where it is not clear which."""
    review, word = order.case.review, order.command.finding
    if review is None:
        return answers.NO_REVIEW
    named = review.named(word)
    return named.found[0] if len(named.found) == 1 else answers.unknown(word, named, review)


def _allow(order: Order) -> Reply:
    item = _pardoned(order)
    if isinstance(item, Reply):
        return item
    case, command = order.case, order.command
    waits = item.allowed if item.allowed is not None and item.allowed.waits else None
    if not command.reason and waits is None:
        return order.unclear(answers.wrong(Verb.ALLOW, Wrong.REASON))
    reason = command.reason or (waits.reason if waits else "")
    until = command.until if command.reason or waits is None else waits.until or ""
    today = case.ledger.people.said(case.stored.change).today
    if until and until < today:
        return order.unclear(answers.past(until, today))
    place = _place(item)
    allowance = Allowance(
        identity=item.identity,
        rule=item.rule,
        place=place,
        by=case.stored.author,
        reason=reason,
        until=until,
        blocking=case.may(Act.PARDON_BLOCKING),
    )
    entry = order.entry(subject=f"{item.id} {item.rule} {place}")
    entry = replace(entry, reason=reason, until=until)
    # Who may not write here speaks for their own change only.
    case.ledger.people.allow(entry, allowance, everywhere=case.role >= Role.WRITE)
    order.again()
    return Reply(DONE)


def _place(item: Item) -> str:
    """For people, and for a database: a path may hold bytes that are no text."""
    return visible(f"{item.path}:{item.line}")


def _acknowledge(order: Order) -> Reply:
    if order.command.finding == DESTROYED:
        return _acknowledge_destroyed(order)
    item = _pardoned(order)
    if isinstance(item, Reply):
        return item
    subject = f"{item.id} {item.rule} {_place(item)}"
    return _accepted(order, item.identity, item.digest or "", subject)


def _acknowledge_destroyed(order: Order) -> Reply:
    if not order.case.may(Act.PARDON_BLOCKING):
        return order.refused(Act.PARDON_BLOCKING)
    review = order.case.review
    if review is None:
        return order.unclear(answers.NO_REVIEW)
    if not review.destroyed:
        return order.unclear(answers.NOTHING_DESTROYED)
    return _accepted(order, DESTROYED, review.destroyed, DESTROYED)


def _accepted(order: Order, subject: str, digest: str, words: str) -> Reply:
    case = order.case
    if case.before is not None and _bound(case.before, subject) != digest:
        return order.unclear(answers.CHANGED)
    blocking = case.may(Act.PARDON_BLOCKING)
    said = Acknowledgement(subject, digest, case.stored.author, order.command.reason, blocking)
    case.ledger.people.acknowledge(order.entry(subject=words, digest=digest), said)
    order.again()
    return Reply(DONE)


def _bound(review: Told, subject: str) -> str:
    """What an acknowledgement was bound to in this review, ``""`` where it had no such thing."""
    if subject == DESTROYED:
        return review.destroyed or ""
    return next((one.digest or "" for one in review.new if one.identity == subject), "")


def _pardoned(order: Order) -> Item | Reply:
    """The finding that is to pass, if its sayer may let it; else the reply."""
    case = order.case
    if not (case.may(Act.ALLOW_WARNING) or case.may(Act.PARDON_BLOCKING)):
        return order.refused(Act.ALLOW_WARNING)
    item = _named(order)
    if isinstance(item, str):
        return order.unclear(item)
    assert case.review is not None
    act = Act.PARDON_BLOCKING if case.review.weighs(item) else Act.ALLOW_WARNING
    return item if case.may(act) else order.refused(act)


def _run(order: Order) -> Reply:
    case = order.case
    if not case.may(Act.RUN):
        return order.refused(Act.RUN)
    # Whole: whoever pushes can make two commits that begin alike, and swap them unseen.
    if case.change.head != order.command.sha:
        return order.unclear(answers.other_head(case.change.head, order.command.sha))
    case.ledger.people.release(order.entry())
    order.again()
    return Reply(DONE)


def _pause(order: Order) -> Reply:
    if not order.case.may(Act.PAUSE):
        return order.refused(Act.PAUSE)
    order.case.ledger.people.pause(order.entry())
    order.again()
    return Reply(DONE)


def _resume(order: Order) -> Reply:
    if not order.case.may(Act.PAUSE):
        return order.refused(Act.PAUSE)
    order.case.ledger.people.resume(order.entry())
    order.again()
    return Reply(DONE)


_DEEDS: Mapping[Verb, Callable[[Order], Reply]] = MappingProxyType(
    {
        Verb.RECHECK: _recheck,
        Verb.HELP: _help,
        Verb.STATUS: _status,
        Verb.EXPLAIN: _explain,
        Verb.ALLOW: _allow,
        Verb.ACKNOWLEDGE: _acknowledge,
        Verb.RUN: _run,
        Verb.PAUSE: _pause,
        Verb.RESUME: _resume,
    }
)
