"""Commands in comments: read, permission asked live, done, answered."""

import structlog

from bot import answers
from bot.change import Change
from bot.commands import Command, Verb, parse
from bot.forges.base import Conversation, Forge, Gone, Reaction, Refused
from bot.ledger import Ledger, Recheck, Stored
from bot.marks import body_hash
from bot.permission import Act, may
from bot.review import CommentKind

log = structlog.get_logger()


def obey(stored: Stored, ledger: Ledger, forge: Forge, key: bytes) -> None:
    """Do what the comment asks. It is finished once it was answered, or cannot be any more."""
    commands = parse(stored.text)
    if commands:
        try:
            _Order(stored, ledger, forge, key).carry_out(commands)
        except (Gone, Refused) as error:  # closed, or the comment was deleted meanwhile
            log.info("command dropped", reason=str(error))
    ledger.finished(stored.id)


class _Order:
    """One comment that asks for something. A second try after a kill repeats nothing visible."""

    def __init__(self, stored: Stored, ledger: Ledger, forge: Forge, key: bytes) -> None:
        self._stored, self._ledger, self._forge, self._key = stored, ledger, forge, key
        self._change: Change = forge.change(stored.change)
        self._conversation: Conversation = forge.conversation(self._change)

    def carry_out(self, commands: list[Command]) -> None:
        """React at once, do what is allowed, answer in words only where that says more."""
        self._conversation.react(self._stored.comment, Reaction.SEEN)
        known = [command.verb for command in commands if command.verb is not Verb.UNKNOWN]
        refused = [verb for verb in known if not self._may(verb)]
        if Verb.RECHECK in known and Verb.RECHECK not in refused:
            self._ledger.want(self._stored.change, Recheck())
        wants_help = Verb.HELP in known and Verb.HELP not in refused
        self._say(answers.words(len(known) == len(commands), refused, wants_help))
        fine = len(known) == len(commands) and not refused
        self._conversation.react(self._stored.comment, Reaction.DONE if fine else Reaction.CONFUSED)

    def _may(self, verb: Verb) -> bool:
        """Asked of the forge now: what a payload says of its author is not believed."""
        author = self._stored.author
        own = bool(author) and author == self._change.author
        act = Act.RECHECK if verb is Verb.RECHECK else Act.ASK
        return may(act, self._forge.role(self._change, author), own=own)

    def _say(self, text: str) -> None:
        """Answer in words, but nothing that already stands there: two hundred who ask get one."""
        if not text or self._said(text):
            return
        comment = self._stored.comment
        self._conversation.answer(answers.signed(text, comment, self._change.id, self._key))

    def _said(self, text: str) -> bool:
        """Whether this comment was answered before we were killed, or another in the same words."""
        marks = (posted.mark for posted in self._conversation.own())
        return any(
            mark.kind is CommentKind.ANSWER
            and (mark.identity == self._stored.comment or mark.body == body_hash(text))
            for mark in marks
        )
