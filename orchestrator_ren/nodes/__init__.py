"""The ROS edge: nodes, messages, parameters, processes."""
