"""Files: read only where they are regular and bounded, written whole or not at all."""
