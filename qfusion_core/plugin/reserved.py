"""Names of components that are the core's own: no plugin can offer them."""

POOL = "pool"  # the `type:` of several backends as one
