"""Timing of simulators against each other: cases, processes, interleaved rounds, verdicts."""
