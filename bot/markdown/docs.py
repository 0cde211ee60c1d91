"""What a rule's docstring says, for people: why it matters, and how to mend it. Pure."""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import rules
from rules.rule import rules_of


@dataclass(frozen=True, slots=True)
class Doc:
    """A rule's docstring in its parts: Markdown of our own."""

    why: str = ""
    fix: str = ""

    @property
    def gist(self) -> str:
        """Why it matters, without the side remarks below."""
        return self.why.partition("\n\n")[0]


def doc(rule: str) -> Doc:
    """What is said of a rule; empty parts for one that is not ours."""
    return _docs().get(rule, Doc())


@cache
def _docs() -> Mapping[str, Doc]:
    kinds = [module.name for module in pkgutil.iter_modules(rules.__path__) if module.ispkg]
    every = (rule for kind in kinds if kind != "subjects" for rule in rules_of(kind))
    return {rule.name: _parsed(rule.doc) for rule in every}


def _parsed(doc: str) -> Doc:
    _title, *paragraphs = [part.strip() for part in doc.split("\n\n")]
    fixes = [part for part in paragraphs if part.startswith("Fix:")]
    why = [part for part in paragraphs if part and part not in fixes]
    fix = " ".join(fixes[-1].removeprefix("Fix:").split()) if fixes else ""
    return Doc("\n\n".join(map(_unwrapped, why)), fix)


def _unwrapped(paragraph: str) -> str:
    """One long line, since forges keep the line ends of a comment; lists and code stay as is."""
    lines = paragraph.splitlines()
    plain = all(line[:1].isalnum() or line[:1] in "`(\"'" for line in lines)
    return " ".join(lines) if plain and not paragraph.startswith("```") else paragraph
