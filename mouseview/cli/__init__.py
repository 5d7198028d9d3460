"""The command line: one file a command, each a thin layer on ``workflow``; ``main`` parses and reports."""
