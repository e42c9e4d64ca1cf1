"""Distance from what the machine allows: arithmetic, fixed cost, first call, memory."""
