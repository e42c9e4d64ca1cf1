"""Corrections of a noisy backend's values, fitted on training rows and kept beside the model."""
