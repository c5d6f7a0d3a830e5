"""The program `cmd_vel_gate`: decides every single Twist."""
