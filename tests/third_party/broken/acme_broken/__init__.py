"""Everything that a third party can get wrong, one module each."""
