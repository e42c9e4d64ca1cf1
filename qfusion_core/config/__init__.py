"""YAML with positions in its errors: backends, and run specifications with their presets."""
