"""Frames of video files by their number: exact, on demand, within bounded memory."""
