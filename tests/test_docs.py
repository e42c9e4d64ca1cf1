"""Every code block of README and docs is run, and what it prints is compared with what is shown.

Blocks of a page are run in their order, in a folder of its own. `sh`: words after `qfusion` go to
the command line in this process, all else to bash; a training takes one epoch, the one that pages
share takes twelve. `python`: blocks of a page share their names. `yaml`: is read as what it is,
backends or a run specification. `text`: the output of the block before it, where numbers may be
others and `...` is anything.
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

import pytest
import yaml

from support.pages import ALL, Block, blocks, left_out, words_of

NUMBER = re.compile(r"(?<![A-Za-z_-])[-+~]*\d[\d.,]*(e[-+]?\d+)?%?")
INTERVAL, WORD = re.compile(r" \(\d[\d.]*-\d[\d.]*\)"), re.compile(r"\b[IXYZ]{4}\b")
RUN = "runs/wine"
TRAINING = ["train", "wine", "--preset", "hardware", "--out", RUN]  # is run once for all pages


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


# of these a vendor's package does the work, or brings the machines that are known without asking
VENDORS = re.compile(r"\bibm-|braket-local|--backend ionq|fake_|local-dm")


def runnable():
    """Pages with a block that is run."""
    for name, found in ALL.items():
        text = "\n".join(block.text for block in found if not left_out(block))
        if text:
            yield pytest.param(name, marks=[pytest.mark.vendor] if VENDORS.search(text) else [])


@pytest.mark.parametrize("name", [*runnable()])
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


@pytest.mark.parametrize("name", ALL)
def test_every_block_is_run_or_says_why_not(name):
    for block in ALL[name]:
        where = f"{name}:{block.line}"
        assert block.language in ("sh", "python", "yaml", "toml", "text"), where
        known = re.fullmatch(r"not run: .{10,}|command: \w+|file: \S+|exit: \d+|", block.mark)
        assert known, f"{where}: {block.mark}"


def test_the_tests_of_this_file_bite(tmp_path, capsys):
    assert same("a 1.0  b\n...\nend", "a 22 b\nx\ny\nend\n")
    assert not same("a 1.0 b", "a 1.0 c\n")
    assert not same("a\nb", "a\n")
    with pytest.raises(AssertionError):
        Session(tmp_path, capsys).run(Block("sh", "false\ntrue", "", 1))
    (block,) = blocks("<!-- not run: it costs money -->\n```sh\nqfusion train wine\n```\n")
    assert left_out(block) and block.text == "qfusion train wine"
