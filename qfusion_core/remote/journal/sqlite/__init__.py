"""The file of a journal: SQLite, whole after every crash, and never without locks."""
