"""The command line: reads arguments, calls one function, shows what came of it."""
