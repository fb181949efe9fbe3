"""Independent second routes to what the package computes; none of them calls its formulas."""
