"""Which video is whose, who is early or late, and whether the lens is still in the pixels."""
