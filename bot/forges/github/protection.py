"""What GitHub lets through without us: rulesets, and the branch protection before them."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec import Struct

from bot.forges.base import Denied, Gone
from bot.forges.github import answers, duties
from bot.forges.github.client import read
from bot.forges.github.credentials import Account
from bot.forges.github.status import NAME
from bot.protection import Fact, Part, Protection

T = TypeVar("T")

_ANY = (None, -1)  # in an App's place: any account may set the status
_QUEUE, _BRANCH = "merge_queue", "branch protection"


class _Check(Struct, frozen=True):
    """A required check; rulesets have another word than branch protection for who must set it."""

    context: str
    integration_id: int | None = None
    app_id: int | None = None

    @property
    def setter(self) -> int:
        """The App that must set it, 0 where anyone may."""
        one = self.integration_id if self.app_id in _ANY else self.app_id
        return 0 if one is None or one in _ANY else one


class _Rule(Struct, frozen=True):
    type: str
    parameters: dict[str, Any] = {}
    ruleset_source: str = ""


class _Checks(Struct, frozen=True):
    checks: list[_Check] = []
    enforcement_level: str = ""


class _Kept(Struct, frozen=True):
    required_status_checks: _Checks | None = None


class _Branch(Struct, frozen=True):
    protection: _Kept | None = None


class _Required(Struct, frozen=True):
    """Our check where it is required: by what, and by which App it must be set (0: anyone)."""

    by: str
    app: int
    admins: bool = True  # held back too, as far as we are shown

    def place(self, settings: str) -> str:
        """Where people change it."""
        return f"{settings}/{'branches' if self.by == _BRANCH else 'rules'}"


def protection(account: Account, name: str) -> Protection:
    """The repository with this name. Raises Gone where we do not reach it, and ForgeError."""
    try:
        reach = account.reach(name)
        repository = reach.client.get(f"/repos/{name}", answers.Repository)
    except Gone as error:
        raise Gone(f"GitHub shows {_who(account)} no repository {name}: {error}") from error
    path, branch = f"/repositories/{repository.id}", quote(repository.default_branch)
    rules = _asked(lambda: list(reach.client.pages(f"{path}/rules/branches/{branch}", _Rule)))
    kept = _asked(lambda: reach.client.get(f"{path}/branches/{branch}", _Branch))
    required = [*_by_rules(rules or []), *_by_branch(kept)]
    blind = rules is None or kept is None
    queue = any(rule.type == _QUEUE for rule in rules or ())
    facts = [
        *_gate(repository, required, account, blind=blind),
        *duties.rights(reach, repository, queue=queue),
        *duties.webhooks(account, repository, queue=queue),
    ]
    blocks = True if required else None if blind else False
    return Protection(
        "GitHub", repository.full_name, repository.default_branch, blocks, tuple(facts)
    )


def _asked(ask: Callable[[], T]) -> T | None:
    """The answer; None where we may not know."""
    try:
        return ask()
    except (Denied, Gone):
        return None


def _by_rules(rules: list[_Rule]) -> Iterator[_Required]:
    for rule in rules:
        if rule.type == "required_status_checks":
            listed = rule.parameters.get("required_status_checks", [])
            for check in read("rules/branches", listed, list[_Check]):
                if check.context == NAME:
                    yield _Required(f"a ruleset of {rule.ruleset_source}", check.setter)


def _by_branch(branch: _Branch | None) -> Iterator[_Required]:
    checks = branch and branch.protection and branch.protection.required_status_checks
    if checks and checks.enforcement_level != "off":
        for check in checks.checks:
            if check.context == NAME:
                admins = checks.enforcement_level != "non_admins"
                yield _Required(_BRANCH, check.setter, admins)


def _gate(
    repository: answers.Repository, required: list[_Required], account: Account, *, blind: bool
) -> Iterator[Fact]:
    branch, settings = repository.default_branch, f"{repository.html_url}/settings"
    if repository.archived:
        yield Fact(Part.GATE, "archived", None, "nothing can be changed or merged here")
    if not required and blind:
        says = f"we may not look at the rules of {branch}"
        yield Fact(Part.GATE, "required check", None, says, _look_yourself(settings))
    elif not required:
        says = f"no rule of {branch} requires the check {NAME}"
        yield Fact(Part.GATE, "required check", False, says, _require(account, settings))
    for one in required:
        yield Fact(Part.GATE, "required check", True, f"{branch} requires {NAME}, by {one.by}")
    if required:
        yield from _sources(required, account, settings)
        yield from _ways_past(required, settings)


def _sources(required: list[_Required], account: Account, settings: str) -> Iterator[Fact]:
    """Who can turn the check green: where it is required twice, the stricter one counts."""
    ours, name = account.me().app, "expected source"
    others = [one for one in required if one.app and one.app != ours]
    for one in others:
        says = f"it must be set by the App {one.app}, and we are {_who(account)}: it stays open"
        yield Fact(Part.GATE, name, False, says, f"{one.place(settings)}: {_source(account)}")
    if others:
        return
    if any(one.app for one in required):
        yield Fact(Part.GATE, name, True, f"only {_who(account)} can set it")
    elif ours:
        says = "whoever may write here can set it too, and turn it green"
        step = f"{required[0].place(settings)}: {_source(account)}"
        yield Fact(Part.GATE, name, None, says, step)
    else:
        says = "a status that is set with a token can be set by whoever may write here"
        step = "run Redline as a GitHub App: its check can be bound to it"
        yield Fact(Part.GATE, name, None, says, step)


def _ways_past(required: list[_Required], settings: str) -> Iterator[Fact]:
    if any(one.by != _BRANCH for one in required):
        says = "who may bypass the ruleset is shown in its settings only"
        yield Fact(Part.GATE, "bypass list", None, says, f"{settings}/rules: look at 'Bypass list'")
    elif not all(one.admins for one in required):
        says = "administrators can merge without it"
        step = f"{settings}/branches: tick 'Do not allow bypassing the above settings'"
        yield Fact(Part.GATE, "administrators", None, says, step)


def _who(account: Account) -> str:
    me = account.me()
    return f"the App {me.login.removesuffix('[bot]')}" if me.app else f"the account {me.login}"


def _source(account: Account) -> str:
    """The exact choice in the form of a required check."""
    return f"choose {_who(account) if account.me().app else 'any source'} as its source"


def _require(account: Account, settings: str) -> str:
    return (
        f"{settings}/rules/new?target=branch: set 'Enforcement status' to Active, target the "
        f"default branch, tick 'Require status checks to pass', add {NAME}, {_source(account)}"
    )


def _look_yourself(settings: str) -> str:
    return f"look at {settings}/rules and {settings}/branches, or grant the App contents: read"
