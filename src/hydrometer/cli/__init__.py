"""The command line: reads arguments, calls the flow, shows what came of it."""
