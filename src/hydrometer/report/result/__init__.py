"""The page of a result, a section or drawing a file."""
