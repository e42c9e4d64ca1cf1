"""Run folders: a training from a specification to a model on disk, and back."""
