"""The embedded stand-in for hardware: a wheeled base and a lidar on MuJoCo, without ROS."""
