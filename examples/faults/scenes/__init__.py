"""The scenes, by the kind of fault."""
