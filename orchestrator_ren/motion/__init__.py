"""How the robot may move. Pure decisions of (state, input, now): no ROS, no clock."""
