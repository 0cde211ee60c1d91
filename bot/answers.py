"""What is said to people who ask for something in a comment. Pure."""

from collections.abc import Sequence

from bot.change import ChangeId
from bot.commands import Verb
from bot.marks import body_hash, sign
from bot.review import CommentKind, Mark

HELP = """\
A command is a line of its own in a comment:

| command | what it does | who may say it |
|---|---|---|
| `/recheck` | reviews the newest commit again | the author, and whoever may triage |
| `/redline help` | shows this table | everyone |

Each push is reviewed by itself: after a fix nothing needs to be asked for."""

REFUSALS = {
    Verb.RECHECK: "`/recheck` is for the author of this change and for those who may triage here.",
    Verb.HELP: "`/redline help` is for those who may read this repository.",
}


def words(understood: bool, refused: Sequence[Verb], help_wanted: bool) -> str:
    """The answer in words; empty where a reaction says it all."""
    said = [REFUSALS[verb] for verb in refused if verb in REFUSALS]
    if not understood:
        said.append("That is no command of Redline's.")
    if help_wanted or not understood:
        said.append(HELP)
    return "\n\n".join(said)


def signed(text: str, comment: str, change: ChangeId, key: bytes) -> str:
    """The answer as it is posted."""
    whole = Mark(CommentKind.ANSWER, identity=comment, body=body_hash(text))
    return f"{text}\n\n{sign(whole, change, key)}"
