"""Who offers what: the hooks, how plugins are found, and how a component is looked up."""
