"""Training a small GS-LRM on procedural mice (extra ``train``). Importing this imports no torch."""
