"""The panels of the window: each shows a part of the state and emits intents."""
