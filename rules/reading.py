"""From the bytes of a ``.redline.yaml``, over what the operator sets, to a Config."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from rules.config import (
    GUESSED,
    PRODUCTION,
    Config,
    Defaults,
    Environment,
    Values,
    named_like,
)
from rules.fault import Fault
from rules.images import inside
from rules.keys import FILE
from rules.shapes import read


@dataclass(frozen=True)
class Chosen:
    """What a file chooses; what is wrong in it has its default."""

    config: Config
    faults: tuple[Fault, ...] = ()


def chosen(data: bytes, defaults: Defaults) -> Chosen:
    """The configuration of a repository whose file these bytes are; never raises.

    Empty bytes: it has none.
    """
    found = read(data, FILE)
    return Chosen(config_of(merged(found.values, defaults)), found.faults)


def merged(own: Values, defaults: Defaults) -> Values:
    """The repository's values over the operator's: mappings key by key, all else as a whole."""
    found = _over(own, defaults.values)
    for keys in defaults.enforced:
        found = _put(found, keys, defaults.values)
    return found


def _over(own: Values, below: Values) -> Values:
    both = {
        key: _over(own[key], below[key])
        for key in own.keys() & below.keys()
        if isinstance(own[key], dict) and isinstance(below[key], dict)
    }
    return {**below, **own, **both}


def _put(values: Values, keys: Sequence[str], source: Values) -> Values:
    first, *rest = keys
    if rest:
        below = values.get(first)
        return {
            **values,
            first: _put(below if isinstance(below, dict) else {}, rest, source[first]),
        }
    return {**values, first: source[first]}


def config_of(values: Values) -> Config:
    """The Config that values of the shapes say."""
    plain = {
        **values,
        "rules": {name: _weights(said) for name, said in values.get("rules", {}).items()},
        "environments": [],
    }
    config = msgspec.convert(plain, Config)
    found = values.get("environments", {})
    return replace(
        config,
        environments=tuple(_environment(name, said) for name, said in found.items()),
        images={name: _clean(path) for name, path in config.images.items()},
        projects=tuple(replace(one, path=_clean(one.path)) for one in config.projects),
        charts=tuple(replace(one, path=_clean(one.path)) for one in config.charts),
    )


def _weights(said: Any) -> list[Mapping[str, Any]]:
    every = said if isinstance(said, list) else [said]
    return [_weight(each) if isinstance(each, dict) else {"does": each} for each in every]


def _weight(said: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"does": said["severity"], "paths": said.get("paths", [])}


def _environment(name: str, said: Mapping[str, Any]) -> Environment:
    """Without a word on what belongs to it, what is named like it does."""
    usual = name.lower() in PRODUCTION
    production = said.get("production", usual)
    if not any(each for key, each in said.items() if key != "production"):
        known = PRODUCTION[0] if usual else name.lower()
        like = next((each for each in GUESSED if each.name == known), named_like(name, name))
        return replace(like, name=name, production=production)
    return msgspec.convert({**said, "name": name, "production": production}, Environment)


def _clean(path: str) -> str:
    return inside(path) or ""
