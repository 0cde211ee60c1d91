"""Who may do what: the table of docs/commands.md. Pure."""

from enum import StrEnum

from bot.forges.base import Role


class Act(StrEnum):
    """A row of the table."""

    ASK = "help, status, explain"
    RECHECK = "recheck"
    RECHECK_KEYED = "recheck with credentials"
    RUN = "run"
    ALLOW_WARNING = "allow or acknowledge a warning"
    PARDON_BLOCKING = "allow or acknowledge a blocking finding"
    PAUSE = "pause, resume"


_LEAST = {
    Act.ASK: Role.READ,
    Act.RECHECK: Role.TRIAGE,
    Act.RECHECK_KEYED: Role.WRITE,
    Act.RUN: Role.WRITE,
    Act.ALLOW_WARNING: Role.WRITE,
    Act.PARDON_BLOCKING: Role.WRITE,
    Act.PAUSE: Role.WRITE,
}
_AUTHORS_MAY = {Act.ASK, Act.RECHECK, Act.ALLOW_WARNING, Act.PAUSE}


def may(act: Act, role: Role, *, own: bool) -> bool:
    """Whether someone with this role may do it; ``own``: the change is theirs.

    Nobody but an admin lets a blocking finding of their own change pass: four eyes see it.
    """
    if act is Act.PARDON_BLOCKING and own:
        return role >= Role.ADMIN
    return role >= _LEAST[act] or (own and act in _AUTHORS_MAY)
