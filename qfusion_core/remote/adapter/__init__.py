"""What a vendor's adapter writes, and what the core gives to it."""
