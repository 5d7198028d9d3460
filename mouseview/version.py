"""One version, read by the package metadata, the window and every manifest."""

__version__ = "0.1.0"
