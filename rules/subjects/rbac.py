"""What roles of Kubernetes let their holders do, as far as it is more than it seems."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.finding import named
from rules.subjects.workload import LONGEST_NAME
from rules.subjects.yaml import Map

_ANY = "*"
_CORE = ("", _ANY)
_ROLES = frozenset(("roles", "clusterroles", _ANY))
_ADMINS = frozenset(("cluster-admin", "admin", "system:masters"))
_LATER = "also those that come later"
_SHOWN = 3  # names that one message has


@dataclass(frozen=True, slots=True)
class Power:
    """Something that a rule of a role grants: which kind, at which line, and in words."""

    kind: str
    line: int
    words: str


def powers(rule: Map) -> Iterator[Power]:
    """The great powers that one rule of a role grants, each kind at most once."""
    said = _Said(rule)
    if _ANY in said.verbs and _ANY in said.resources:
        yield _everything(said)
        return
    if _ANY in said.verbs and said.resources:
        words = f"use every verb, {_LATER}, on {_names(said.resources)}"
        yield Power("every verb", said.verbs[_ANY], words + _included(said))
    if _ANY in said.resources:
        yield Power("every resource", said.resources[_ANY], _all_resources(said))
    elif _ANY in said.groups and said.resources:
        words = f"{_names(said.verbs)} {_names(said.resources)} of every API group, {_LATER}"
        yield Power("every API group", said.groups[_ANY], words)
    if _ANY in said.urls:
        yield Power("every URL", said.urls[_ANY], "reach every URL of the API server")
    yield from _single(said)


class _Said:
    """The lists of a rule: what they name, and the line of each name."""

    def __init__(self, rule: Map) -> None:
        self.verbs = _listed(rule, "verbs")
        self.resources = _listed(rule, "resources")
        self.groups = _listed(rule, "apiGroups")
        self.urls = _listed(rule, "nonResourceURLs")
        self.names = _listed(rule, "resourceNames")

    @property
    def is_core(self) -> bool:
        """Whether it speaks of the API group that secrets are in."""
        return any(each in self.groups for each in _CORE)

    @property
    def is_narrow(self) -> bool:
        """Whether it speaks of single objects, none of which is an administrator."""
        return bool(self.names) and _ADMINS.isdisjoint(self.names)


def _listed(rule: Map, key: str) -> dict[str, int]:
    return {each.text: each.line for each in rule.scalars(key)}


def _everything(said: _Said) -> Power:
    if _ANY in said.groups:
        words = "do everything: read every secret, run any pod, change any role"
        return Power("everything", said.verbs[_ANY], words)
    words = f"do everything with all that is in {_groups(said)}, {_LATER}"
    secrets = ", secrets included" if said.is_core else ""
    return Power("everything in a group", said.verbs[_ANY], words + secrets)


def _included(said: _Said) -> str:
    """What the verb ``*`` brings on these resources, that few think of."""
    if not _ROLES.isdisjoint(said.resources):
        return "; that includes giving itself any right (`escalate`, `bind`)"
    if not {"users", "groups", "serviceaccounts"}.isdisjoint(said.resources):
        return "; that includes acting as somebody else (`impersonate`)"
    return "; that includes reading them all" if "secrets" in said.resources else ""


def _all_resources(said: _Said) -> str:
    secrets = ", secrets included" if said.is_core else f", {_LATER}"
    return f"{_names(said.verbs)} everything in {_groups(said)}{secrets}"


def _single(said: _Said) -> Iterator[Power]:
    roles = not _ROLES.isdisjoint(said.resources)
    if "escalate" in said.verbs and roles:
        words = "write roles with more rights than their own (`escalate`), up to all of them"
        yield Power("escalate", said.verbs["escalate"], words)
    if "bind" in said.verbs and roles and not said.is_narrow:
        words = "bind any role to anybody, themselves included (`bind`)"
        yield Power("bind", said.verbs["bind"], words)
    if "impersonate" in said.verbs and not said.is_narrow:
        words = f"act as any of the {_names(said.resources)} (`impersonate`)"
        yield Power("impersonate", said.verbs["impersonate"], words)
    listing = next((each for each in ("list", "watch") if each in said.verbs), "")
    if listing and "secrets" in said.resources and said.is_core and not said.names:
        words = f"read every secret at once ({named(listing)} gives their contents too)"
        yield Power("list secrets", said.verbs[listing], words)


def _groups(said: _Said) -> str:
    if _ANY in said.groups or not said.groups:
        return "every API group" if said.groups else "no API group"
    several = "s" if len(said.groups) > 1 else ""
    return f"the API group{several} {_names(each or 'core' for each in said.groups)}"


def _names(names: Iterable[str]) -> str:
    """Some of the names in words."""
    every = [each[:LONGEST_NAME] for each in names if each != _ANY]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(map(named, every[:_SHOWN])) + more
