"""What may come next on the command line: from what is free, never by a node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from orchestrator_ren.cli.arguments import verb_of
from orchestrator_ren.cli.cache import Cache
from orchestrator_ren.cli.parser import Parser
from orchestrator_ren.cli.schema_options import options_of
from orchestrator_ren.cli.verbs import VERBS

OF_ALL = ('-n', '--namespace', '--timeout', '--json')
"""Options that may stand before the verb."""

WITH_VALUE = {'-n', '--namespace', '--timeout'}
"""Those of them that a value follows."""

NAMESPACE = ('-n', '--namespace')

SAFE = re.compile(r'[\w./-]+')
"""What a shell takes as it stands: the words that it completes were said by a robot."""

BASH = """\
_{name}() {{
  local IFS=$'\\n'
  COMPREPLY=($(ren completion words -- "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null))
}}
complete -o default -F _{name} ren
"""

ZSH = """\
#compdef ren
_{name}() {{
  local -a found
  found=("${{(@f)$(ren completion words -- "${{(@)words[2,$CURRENT]}}" 2>/dev/null)}}")
  compadd -a found
}}
compdef _{name} ren
"""

SCRIPTS = {'bash': BASH, 'zsh': ZSH}


def script(shell: str) -> str:
    """Return what a shell must read."""
    return SCRIPTS[shell].format(name='orchestrator_ren_complete')


def candidates(words: Sequence[str]) -> list[str]:
    """Return what the last of the words may become."""
    *before, begun = words or ['']
    verb, rest = _split(before)
    if not verb:
        found: Iterable[str] = (*VERBS, *OF_ALL)
    elif verb not in VERBS:
        found = ()
    else:
        found = _of_verb(verb, rest, Cache(_namespace(before)))
    return sorted(each for each in found if each.startswith(begun) and SAFE.fullmatch(each))


def _split(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the verb, and the words behind it."""
    left = list(words)
    while left:
        word = left.pop(0)
        if word in WITH_VALUE:
            del left[:1]
        elif not word.startswith('-'):
            return word, left
    return '', []


def _namespace(words: Sequence[str]) -> str:
    return next((value.strip('/') for flag, value in pairwise(words) if flag in NAMESPACE), '')


def _of_verb(verb: str, rest: Sequence[str], cache: Cache) -> list[str]:
    module, parser = verb_of('ren', verb)
    last = parser._option_string_actions.get(rest[-1]) if rest else None
    if last is not None and last.nargs != 0:
        if last.choices:
            return list(last.choices)
        return list(cache.commands) if last.dest == 'command' else []
    found = list(parser._option_string_actions)
    if hasattr(module, 'TAKES_MORE') and rest:
        schema = cache.commands.get(rest[0], {})
        found += [each.flag for each in options_of(schema)]
    if hasattr(module, 'words_after'):
        found += module.words_after(rest)
    return (
        found if any(not each.startswith('-') for each in rest) else found + _first(parser, cache)
    )


def _first(parser: Parser, cache: Cache) -> list[str]:
    """Return what the first word behind the verb may be, where it is no option."""
    action = next((each for each in parser._actions if not each.option_strings), None)
    if action is None:
        return []
    if action.choices:
        return list(action.choices)
    return {'id': cache.ids, 'command': list(cache.commands), 'name': list(cache.commands)}.get(
        action.dest, []
    )
