"""The questions that are asked of a repository's configuration."""

import pytest

from rules.config import NAME, Config, Defaults, Does, Environment, Weight
from rules.reading import chosen

APPS_WARN = {"a-rule": (Weight(Does.WARNING, ("apps/**",)), Weight(Does.OFF, ("tests/",)))}
ONLY_APPS = {"a-rule": (Weight(Does.ON, ("apps/**",)), Weight(Does.OFF))}
NOWHERE = {"a-rule": (Weight(Does.OFF, ("tests/",)), Weight(Does.OFF), Weight(Does.ON))}


@pytest.mark.parametrize(
    ("rules", "path", "does"),
    [
        ({}, "apps/a", Does.ON),
        (APPS_WARN, "apps/a", Does.WARNING),
        (APPS_WARN, "tests/a", Does.OFF),
        (APPS_WARN, "apps/tests/a", Does.WARNING),
        (APPS_WARN, "a", Does.ON),
        (ONLY_APPS, "apps/a", Does.ON),
        (ONLY_APPS, "a", Does.OFF),
    ],
)
def test_the_first_that_speaks_of_a_path_counts(
    rules: dict[str, tuple[Weight, ...]], path: str, does: Does
) -> None:
    assert Config(rules=rules).does("a-rule", path) is does
    assert Config(rules=rules).does("another", path) is Does.ON


@pytest.mark.parametrize(
    ("rules", "off"),
    [({}, False), (APPS_WARN, False), (ONLY_APPS, False), (NOWHERE, True)],
)
def test_a_rule_that_is_off_everywhere(rules: dict[str, tuple[Weight, ...]], off: bool) -> None:
    assert Config(rules=rules).switched_off("a-rule") is off


def test_what_is_off_in_few_words() -> None:
    assert Config().off == ""
    assert Config(rules=APPS_WARN).off == "1 rule at some paths"
    rules = {**NOWHERE, "another": (Weight(Does.OFF),), "third": (Weight(Does.INFO),)}
    stages = {"checkov": False, "hadolint": True}
    assert Config(rules=rules, stages=stages).off == "2 rules, 1 stage"


def test_what_is_excluded() -> None:
    config = Config(exclude=("**", "!apps/"))
    assert config.excludes("a/b")
    assert not config.excludes("apps/b")
    assert not config.excludes(NAME)  # whoever weakens it shall not hide that


PLACES = [
    ({"path": "envs/prod/main.tf"}, "prod"),
    ({"path": "charts/web/values-prod.yaml"}, "prod"),
    ({"path": "clusters/eu-production/web.yaml"}, "prod"),
    ({"path": "products/web.yaml"}, None),
    ({"path": "reproduction/web.yaml"}, None),
    ({"path": "envs/non-prod/web.yaml"}, None),
    ({"path": "envs/pre-prod/web.yaml"}, "staging"),
    ({"namespace": "non-prod"}, None),
    ({"namespace": "shop-prod"}, "prod"),
    ({"namespace": "prod"}, "prod"),
    ({"namespace": "default"}, None),
    ({"argocd_project": "dev"}, "dev"),
    ({"cluster": "https://prod.example:6443"}, "prod"),
    ({"cluster": "https://api.prod.example"}, "prod"),
    ({"cluster": "https://kubernetes.default.svc"}, None),
    ({"path": "envs/dev/x.yaml", "namespace": "prod"}, "prod"),
    ({}, None),
]


@pytest.mark.parametrize(("facts", "name"), PLACES)
def test_environments_that_are_guessed(facts: dict[str, str], name: str | None) -> None:
    found = Config().environment(**facts)
    assert (found and found.name) == name
    assert found is None or (found.guessed and found.production == (name == "prod"))


def test_one_that_says_nothing_has_what_is_named_like_it() -> None:
    config = chosen(b"environments: {production: , qa: {}, dev: {}}\n", Defaults()).config
    production, qa, dev = config.environments
    assert production.production
    assert config.environment(namespace="shop-prod") == production
    assert config.environment(path="envs/production/a.yaml") == production
    assert config.environment(path="envs/non-prod/a.yaml") is None
    assert config.environment(namespace="qa-1") == qa
    assert config.environment(namespace="uat") is None
    assert config.environment(path="envs/development/a.yaml") == dev


def test_where_environments_are_named_no_others_are_guessed() -> None:
    live = Environment("live", True, ("live/**",), ("live-*",), ("*",), ("https://live.example",))
    config = Config(environments=(Environment("all", paths=("**",)), live))
    assert config.environment(path="envs/prod/a") == config.environments[0]
    assert config.environment(path="live/a") == live  # production before others
    assert config.environment(namespace="live-eu") == live
    assert config.environment(cluster="https://live.example") == live
    assert config.environment(cluster="https://live.example/other") is None
    assert config.environment(argocd_project="any") == live
    assert config.environment(namespace="prod") is None
