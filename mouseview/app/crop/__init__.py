"""The crop laboratory's working parts: what a pointer means for a window, and what the window then shows."""
