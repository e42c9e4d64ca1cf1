"""The fit loop, its optimizer, and training that can be continued."""
