"""Noise of a machine, injected while training on an exact device."""
