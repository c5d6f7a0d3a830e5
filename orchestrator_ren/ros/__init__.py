"""What every program needs of ROS."""
