"""Wide circuits on light cones: what is run, where, and how it looks."""
