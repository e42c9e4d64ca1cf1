"""Folders where SQLite really takes no write-ahead log: it opens them through another door.

``unix-dotfile`` locks with a folder beside the file, and ``unix-none`` not at all; neither shares
memory.
"""

from qfusion_core.remote.journal.sqlite import file, locks

_address = file.address


def use(vfs, set_attribute=setattr):
    """Let SQLite open journals so in this process, and in the one that is tried against it."""
    for module in (file, locks):
        set_attribute(module, "address", lambda path: f"{_address(path)}&vfs={vfs}")
