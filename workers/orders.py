"""Commands in comments: read, permission asked live, done, answered."""

import structlog

from bot import answers, marks
from bot.change import Change
from bot.commands import Command, parse
from bot.forges.base import Conversation, Forge, Gone, Reaction, Refused
from bot.hooks.delivery import BUTTON
from bot.ledger import Ledger, Stored
from bot.review import CommentKind
from workers.verbs import DONE, Case, Order, obeyed

MOST_ASKED = 20  # commands of one person at one change in an hour that are answered in words
_HOUR = 3600.0

log = structlog.get_logger()


def obey(stored: Stored, ledger: Ledger, forge: Forge, key: bytes) -> None:
    """Do what the comment asks. It is finished once it was answered, or cannot be any more."""
    commands = parse(stored.text)
    # With a plain token our account may be a person's: what bears our mark, we wrote.
    if commands and marks.read(stored.text, stored.change, key) is None:
        try:
            _Comment(stored, ledger, forge, key).carry_out(commands)
        except (Gone, Refused) as error:  # closed, or the comment was deleted meanwhile
            log.info("command dropped", reason=str(error))
    ledger.finished(stored.id)


class _Comment:
    """One comment that asks for something. A second try after a kill repeats nothing visible."""

    def __init__(self, stored: Stored, ledger: Ledger, forge: Forge, key: bytes) -> None:
        self._stored, self._ledger, self._forge, self._key = stored, ledger, forge, key
        self._change: Change = forge.change(stored.change)
        self._conversation: Conversation = forge.conversation(self._change)

    def carry_out(self, commands: list[Command]) -> None:
        """React at once, do what is allowed, answer in words only where that says more."""
        self._react(Reaction.SEEN)
        # Asked of the forge now: what a payload says of its author is not believed.
        role = self._forge.role(self._change, self._stored.author)
        case = Case(self._stored, self._change, self._ledger, role)
        replies = [obeyed(Order(case, one, place)) for place, one in enumerate(commands)]
        self._say(answers.joined([reply.text for reply in replies]))
        fine = all(reply.answer == DONE for reply in replies)
        self._react(Reaction.DONE if fine else Reaction.CONFUSED)

    @property
    def _pressed(self) -> bool:
        """Nobody wrote a comment: there is nothing to react to."""
        return self._stored.comment.startswith(BUTTON)

    def _react(self, reaction: Reaction) -> None:
        if not self._pressed:
            self._conversation.react(self._stored.comment, reaction)

    def _say(self, text: str) -> None:
        """Answer in words, but nothing that already stands there: two hundred who ask get one."""
        if not text or self._pressed or self._said(text):
            return
        stored = self._stored
        if self._ledger.people.asked(stored.change, stored.author, _HOUR) > MOST_ASKED:
            log.info("not answered in words", change=stored.change.number, who=stored.author)
            return
        comment = self._stored.comment
        self._conversation.answer(answers.signed(text, comment, self._change, self._key))

    def _said(self, text: str) -> bool:
        """Whether this comment was answered before we were killed, or another in the same words."""
        own = (posted.mark for posted in self._conversation.own())
        return any(
            mark.kind is CommentKind.ANSWER
            and (mark.identity == self._stored.comment or mark.body == marks.body_hash(text))
            for mark in own
        )
