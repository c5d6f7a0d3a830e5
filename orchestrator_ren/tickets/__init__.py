"""What a ticket is and how it lives. Pure: no ROS, no files, no clock."""
