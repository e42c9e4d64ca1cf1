"""A journal's tables, for what no verb writes."""

from qfusion_core.remote.journal.sqlite.database import JournalDatabase


def writing(journal):
    """A transaction as verbs make it: the journal is sealed at its end."""
    return JournalDatabase(journal.path).writing()
