"""From a call to the jobs of a plan and its price; sends nothing."""
