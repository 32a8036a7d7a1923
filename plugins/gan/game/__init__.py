"""The two-player game, turn by turn."""
