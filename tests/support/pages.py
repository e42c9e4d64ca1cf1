"""The pages of README and docs: their code blocks, and the words of the commands in them.

A comment above a block says what else it is than one that is run: `<!-- not run: why -->`,
`<!-- command: name -->` (of the set-up: `tests` is run by .ci/run, `demo` by .ci/install),
`<!-- file: name -->` (it is written, not run), `<!-- exit: 2 -->`.
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FILES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in FILES}


class Block(NamedTuple):
    """A fenced block, and the comment above it."""

    language: str
    text: str
    mark: str
    line: int


def blocks(page):
    found, lines, mark, number = [], page.splitlines(), "", 0
    while number < len(lines):
        if opening := re.fullmatch(r"(`{3,})(\S*)", lines[number]):
            end = lines.index(opening[1], number + 1)
            text = "\n".join(lines[number + 1 : end])
            found.append(Block(opening[2], text, mark, number + 1))
            mark, number = "", end
        elif lines[number].strip():
            comment = re.fullmatch(r"<!-- (.+) -->", lines[number])
            mark = comment[1] if comment else ""
        number += 1
    return found


ALL = {name: blocks(page) for name, page in PAGES.items()}


def left_out(block):
    return block.mark.startswith(("not run: ", "command: "))


def words_of(text):
    """Of each command of a shell block: its words, or None where bash has to read it."""
    if "<<" in text:
        return [(None, text)]
    lines = text.replace("\\\n", " ").splitlines()
    commands = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    split = [(shlex.split(line, comments=True), line) for line in commands]
    simple = [
        words[0] == "qfusion" and not {"|", ">", "&", "&&"} & set(words) for words, _ in split
    ]
    return [
        (words[1:] if one else None, line) for (words, line), one in zip(split, simple, strict=True)
    ]
