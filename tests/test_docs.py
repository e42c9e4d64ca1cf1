"""Every code block of README and docs is run, and what it prints is compared with what is shown.

Blocks of a page are run in their order, in a folder of its own. `sh`: words after `qfusion` go to the
command line in this process, all else to bash; a training takes one epoch, the one that pages share takes twelve. `python`: blocks of a page
share their names. `yaml`: is read as what it is, backends or a run specification. `text`: the output of
the block before it, where numbers may be others and `...` is anything. A comment above a
block says what else it is: `<!-- not run: why -->`, `<!-- command: name -->` (of the set-up, which
.ci/run and .ci/install run), `<!-- file: name -->` (it is written, not run), `<!-- exit: 2 -->`.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
import yaml

ROOT = Path(__file__).parents[1]
FILES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in FILES}
NUMBER = re.compile(r"(?<![A-Za-z_-])[-+~]*\d[\d.,]*(e[-+]?\d+)?%?")
INTERVAL, WORD = re.compile(r" \(\d[\d.]*-\d[\d.]*\)"), re.compile(r"\b[IXYZ]{4}\b")
RUN = "runs/wine"
TRAINING = ["train", "wine", "--preset", "hardware", "--out", RUN]  # is run once for all pages


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


def shortened(words, epochs=1):
    """A training that takes no time."""
    if words[0] == "train" and "--resume" not in words:
        return [*words, "--set", f"training.epochs={epochs}"]
    return [*words, "--epochs", "1"] if words[0] == "refit" else words


def same(shown, printed):
    """Whether the lines are those that are shown, but for numbers, blanks and `...`.

    A score has an interval where not all rows are right, and any word may be the worst.
    """

    def plain(text):
        lines = (INTERVAL.sub("", line) for line in text.splitlines())
        lines = (" ".join(NUMBER.sub("#", WORD.sub("#", line)).split()) for line in lines)
        return [line for line in lines if line and not line.startswith("No interval: ")]

    any_line = "(?:.*\n)*"
    pattern = "".join(
        any_line if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
        for line in plain(shown)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(printed)))


class Session:
    """The blocks of a page, one after the other."""

    def __init__(self, folder, capsys, trained=None):
        self.folder, self.capsys, self.trained = folder, capsys, trained
        self.names, self.printed = {"__name__": "page"}, None

    def run(self, block):
        if block.mark.startswith("file: "):
            (self.folder / block.mark.removeprefix("file: ")).write_text(block.text + "\n")
            return
        wanted = int(block.mark.removeprefix("exit: ")) if block.mark.startswith("exit") else 0
        if block.language == "text":
            assert self.printed is not None, "no block that is run stands before it"
            assert same(block.text, self.printed), self.printed
            return
        if block.language == "sh":
            done = [self.shell(words, line) for words, line in words_of(block.text)]
            assert [code for code, _, _ in done][-1] == wanted, done
            assert not any(code for code, _, _ in done[:-1]), done
            # what is refused is said on the other stream
            self.printed = "".join(err if wanted else out for _, out, err in done)
        elif block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block.text, f"line {block.line}", "exec"), self.names)
            self.printed = out.getvalue()
        else:
            assert block.language == "yaml", block.language
            self.yaml(block.text)

    def shell(self, words, line):
        if words is None:
            environment = os.environ | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            }
            done = subprocess.run(
                ["bash", "-euc", line],
                cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            return done.returncode, done.stdout, done.stderr
        if words == TRAINING:
            shutil.copytree(self.trained[0], self.folder / RUN)
            return 0, self.trained[1], ""
        from qfusion_core.cli import main

        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(shortened(words))
        return int(end.value.code or 0), *self.capsys.readouterr()

    def yaml(self, text):
        from qfusion_core import Registry
        from qfusion_core.backends.file import PACKAGED, Backends
        from qfusion_core.config.presets import PRESETS, compose, merge

        document, registry, file = yaml.safe_load(text), Registry(), self.folder / "read.yaml"
        if {"classical", "quantum", "fusion", "training", "noise"} & set(document):
            preset = yaml.safe_load((PRESETS / "hardware.yaml").read_text())
            file.write_text(yaml.safe_dump(merge(preset, document)))
            compose(str(file), "wine", registry=registry)
            return
        if "backends" not in document:  # entries, for the file that is there
            packaged = yaml.safe_load(PACKAGED.read_text())
            document = merge(packaged, {"backends": document})
        file.write_text(yaml.safe_dump(document))
        backends = Backends.read(file)
        for name in backends.entries:
            backends.configured(name, registry)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The run that pages go on with, and what its training printed."""
    from qfusion_core.cli import main

    folder = tmp_path_factory.mktemp("docs")
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()) as out,
        pytest.raises(SystemExit) as end,
    ):
        main(shortened(TRAINING, epochs=12))
    assert not end.value.code
    return folder / RUN, out.getvalue()


def left_out(block):
    return block.mark.startswith(("not run: ", "command: "))


@pytest.mark.parametrize(
    "name", [name for name, found in ALL.items() if not all(map(left_out, found))]
)
def test_the_blocks_of_a_page_do_what_they_say(name, trained, tmp_path, monkeypatch, capsys):
    page = [block for block in ALL[name] if not left_out(block)]
    monkeypatch.chdir(tmp_path)
    if not any(shlex.join(TRAINING) in block.text for block in page):
        shutil.copytree(trained[0], tmp_path / RUN)
    session = Session(tmp_path, capsys, trained)
    for block in page:
        try:
            session.run(block)
        except BaseException as error:
            error.add_note(f"{name}:{block.line}: {block.text}")
            raise


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_run_or_says_why_not(name):
    for block in ALL[name]:
        where = f"{name}:{block.line}"
        assert block.language in ("sh", "python", "yaml", "toml", "text"), where
        known = re.fullmatch(r"not run: .{10,}|command: \w+|file: \S+|exit: \d+|", block.mark)
        assert known, f"{where}: {block.mark}"


def understood(words):
    """Refuses what the command line does not take; nothing is run."""
    from qfusion_core.cli.app import app

    command, context, name, words = typer.main.get_command(app), None, "qfusion", list(words)
    while True:
        context = command.make_context(name, words, parent=context)
        if not hasattr(command, "resolve_command"):
            return
        name, command, words = command.resolve_command(
            context, context._protected_args + context.args
        )


def commands(name):
    """Words of each command line of a page, and whether it is whole: in the text a verb may be named."""
    for block in ALL[name]:
        if block.language == "sh" and not block.mark.startswith("command"):
            yield from ((words, True) for words, _ in words_of(block.text) if words is not None)
    for span in re.findall(r"`qfusion ([^`]+)`", PAGES[name]):
        if "..." not in span and len(words := shlex.split(span)) > 1:
            yield words, False


@pytest.mark.parametrize("name", [name for name in PAGES if any(commands(name))])
def test_every_command_is_one_that_the_command_line_takes(name):
    for words, whole in commands(name):
        try:
            understood(words)
        except typer.Exit:  # --version
            continue
        except Exception as error:
            if not whole and type(error).__name__ == "MissingParameter":
                continue
            error.add_note(f"{name}: qfusion {shlex.join(words)}")
            raise


def anchors(path):
    """Of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[name]):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        place = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        assert place.exists(), target
        assert place.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(place), target


def test_every_page_is_reached_from_the_readme():
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page.suffix == ".md" and page not in reached:
            reached.add(page)
            links = re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text())
            todo += [
                path
                for path in ((page.parent / link).resolve() for link in links)
                if path.is_file()
            ]
    assert set(FILES) <= reached


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= 150


def test_the_tests_of_this_file_bite(tmp_path, capsys):
    assert same("a 1.0  b\n...\nend", "a 22 b\nx\ny\nend\n")
    assert not same("a 1.0 b", "a 1.0 c\n")
    assert not same("a\nb", "a\n")
    with pytest.raises(AssertionError):
        Session(tmp_path, capsys).run(Block("sh", "false\ntrue", "", 1))
    with pytest.raises(Exception, match="[Nn]o such option"):
        understood(["evaluate", "runs/wine", "--backed", "lightning"])
    (block,) = blocks("<!-- not run: it costs money -->\n```sh\nqfusion train wine\n```\n")
    assert left_out(block) and block.text == "qfusion train wine"
