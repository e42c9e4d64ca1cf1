"""Circuits as data: gates, Pauli words, parameter shift, PennyLane in and out."""
