"""The journal of a run, the only state of a job: written down before anything is sent."""
