"""The QoS profiles, named once."""

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

VELOCITY = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE
)
"""Reliable, for every base accepts that; only the newest, for an old velocity is a wrong one."""

LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
"""State: whoever comes late learns it at once."""

EVENTS = QoSProfile(
    depth=100, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
"""Nothing is to be missed, and a late watcher sees what led to now."""

METRICS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
"""Repeated every second; a late watcher waits for the next."""

PROGRESS = QoSProfile(depth=50, reliability=ReliabilityPolicy.RELIABLE)
"""Of all that is executed, repeated five times a second."""

SERVICE_EVENTS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
"""Requests and answers, for who records them; a burst of them is not to be lost."""

SENSOR = qos_profile_sensor_data
"""Best effort accepts reliable and best-effort sensors alike."""

NEWEST_SCAN = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""The same; only the newest, for who asks wants to know how it is now."""

E_STOP_INPUTS = {
    'latched': QoSProfile(
        depth=10,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    ),
    'reliable': QoSProfile(
        depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE
    ),
    'best effort': QoSProfile(
        depth=10, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE
    ),
}
"""One subscription each. A transient-local one alone never hears `ros2 topic pub`, a volatile one
never hears a latched `true` from before it started, and a reliable one refuses a best-effort
button; a best-effort one alone would take no part in the repair of lost messages."""

SERVICES = QoSProfile(depth=1000)
"""Requests that come in while a callback runs: with rclpy's depth of 10, a burst of more loses
some of them, and nobody tells their clients."""
