"""One ticket executed, from the goal to its end."""
