"""What a model is told, made ready to be looked at: true against declared, channels, distance to the known rigs."""
