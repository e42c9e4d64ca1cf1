"""Several backends as one: ``type: pool`` shares the rows of a call between its members."""
