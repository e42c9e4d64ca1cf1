"""Timing of training as it is: qfusion's own loop, with a stopwatch at its device and optimizer."""
