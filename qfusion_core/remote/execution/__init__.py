"""From a plan to values: jobs are sent once, waited for, fetched, or given to others."""
