"""Leaves at import, as scripts do."""

import sys

sys.exit("acme: no licence found")
