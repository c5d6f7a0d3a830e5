"""`ren doctor`: looks at a robot from outside, and says what is wrong and what to do."""
