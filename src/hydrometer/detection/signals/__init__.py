"""Statistical tests: what each measures, its family, its null and its named steps."""
