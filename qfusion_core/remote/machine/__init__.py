"""What is asked of a machine, and what is known of it."""
