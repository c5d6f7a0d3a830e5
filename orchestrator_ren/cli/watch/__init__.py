"""`ren watch`: one screen that shows what a robot does."""
