"""What README and docs name is there: pages, headings, verbs and options."""

import re
import shlex

import pytest
import typer

from support.pages import ALL, FILES, PAGES, ROOT, words_of


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
    """Words of each command of a page, and whether it is whole: a verb may be named in the text."""
    for block in ALL[name]:
        if block.language == "sh" and not block.mark.startswith("command"):
            yield from ((words, True) for words, _ in words_of(block.text) if words is not None)
    for span in re.findall(r"`qfusion ([^`]+)`", PAGES[name]):
        if " " in span and not re.search(r"\.\.\.|\[", span):  # neither cut short nor a usage
            yield shlex.split(span), False


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


PATH = re.compile(r"(?<![\w./-])(?:tests|docs|examples|plugins|qfusion_core|\.ci)/[a-z0-9_./-]*")


@pytest.mark.parametrize("name", [name for name in PAGES if name != "CHANGELOG.md"])
def test_every_path_that_is_named_is_there(name):
    text = PAGES[name].replace("plugins/qfusion_NAME", "")
    for path in {found.rstrip(".") for found in PATH.findall(text)}:
        assert (ROOT / path).exists(), path


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


def test_an_option_that_there_is_not_is_seen():
    with pytest.raises(Exception, match=r"[Nn]o such option"):
        understood(["evaluate", "runs/wine", "--backed", "lightning"])


def test_the_commands_of_the_set_up_are_run_by_a_script_of_ci():
    scripts = "".join((ROOT / ".ci" / name).read_text() for name in ("run", "install"))
    marks = {block.mark for found in ALL.values() for block in found}
    marks = {mark for mark in marks if mark.startswith("command: ")}
    assert marks
    assert {mark for mark in marks if f"/^<!-- {mark} -->$/" not in scripts} == set()
