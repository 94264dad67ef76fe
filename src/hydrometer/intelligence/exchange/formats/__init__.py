"""One module a format, each with a `FORMAT`; found by walking this folder."""
