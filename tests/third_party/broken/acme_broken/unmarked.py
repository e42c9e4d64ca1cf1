"""Forgets the marker."""


def qfusion_fusions():
    return []
