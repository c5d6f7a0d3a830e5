"""The tables of docs/interface.md: what the .msg, .srv and .action files say of themselves."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = {
    'srv': ('request', 'response'),
    'action': ('goal', 'result', 'feedback'),
    'msg': ('field',),
}
"""What the parts between `---` are."""

LINE = re.compile(r'(?P<type>\S+)\s+(?P<name>\w+)(=(?P<value>\S+))?\s*(#\s*(?P<comment>.*))?$')


@dataclass
class Part:
    """What is between two `---`.

    Attributes:
        words: Its comment.
        fields: Type, name and comment; a heading between fields has no type.
        constants: Name, value and comment.
    """

    words: list[str] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    constants: list[list[str]] = field(default_factory=list)


def types(kind: str) -> str:
    """Return a section for each file of that kind: msg, srv or action."""
    paths = sorted((ROOT / kind).glob(f'*.{kind}'))
    return '\n\n'.join(section(path, PARTS[kind]) for path in paths)


def section(path: Path, names: tuple[str, ...]) -> str:
    """Return heading, comment and tables of one file."""
    parts = [parsed(text) for text in re.split(r'^---$', path.read_text(), flags=re.MULTILINE)]
    pieces = [f'### {path.stem}']
    for name, part in zip(names, parts, strict=True):
        if part.words:
            words = escaped(' '.join(part.words))
            pieces.append(words if part is parts[0] else f'{name.capitalize()}: {words}')
        if part.constants:
            rows = [f'| `{each[0]}` | `{each[1]}` | {each[2]} |' for each in part.constants]
            pieces.append('\n'.join(('| constant | value | |', '|---|---|---|', *rows)))
        if part.fields:
            rows = [row(*each) for each in part.fields]
            pieces.append('\n'.join((f'| {name} | type | |', '|---|---|---|', *rows)))
    return '\n\n'.join(pieces)


def row(type_: str, name: str, comment: str) -> str:
    """Return the row of one field, or of a heading between fields."""
    if not type_:
        return f'| *{name}* | | |'
    own, _, rest = type_.partition('[')
    if (ROOT / 'msg' / f'{own}.msg').exists():
        type_ = f'[{own}](#{own.lower()})' + (f'\\[{rest}' if rest else '')
    else:
        type_ = f'`{type_}`'
    return f'| `{name}` | {type_} | {comment} |'


def parsed(text: str) -> Part:
    """Return what a part says."""
    part, last, is_begun = Part(), None, False
    for line in text.strip('\n').splitlines():
        if not line.strip():
            is_begun = True
        elif line.startswith('#') and not is_begun:
            part.words.append(line.strip('# '))
        elif line.startswith('#'):
            part.fields.append(['', escaped(line.strip('# ')), ''])
        elif line.strip().startswith('#'):  # the comment of the line above goes on
            last[-1] += ' ' + escaped(line.strip(' #'))
        else:
            is_begun = True
            found = LINE.match(line)
            comment = escaped(found['comment'] or '')
            if found['value']:
                last = [found['name'], found['value'], comment]
                part.constants.append(last)
            else:
                last = [found['type'], found['name'], comment]
                part.fields.append(last)
    return part


def escaped(text: str) -> str:
    """Return the text as Markdown that shows it as it is."""
    return re.sub(r'([|<])', r'\\\1', text)
