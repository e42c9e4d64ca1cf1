"""The PennyLane device ``qfusion``: QNodes on any backend."""
