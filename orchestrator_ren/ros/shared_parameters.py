"""Parameters of several programs; those of gate and orchestrator must be alike in both."""

from __future__ import annotations

from orchestrator_ren.motion.laser_scan import OPEN_SPACE
from orchestrator_ren.motion.limits import SPEED_CEILING_MPS
from orchestrator_ren.motion.standstill import STANDSTILL_SPEED_MPS, STANDSTILL_YAW_RATE_RADPS
from orchestrator_ren.ros.parameters import Parameter

MAX_SPEED = Parameter(
    'max_speed_mps',
    SPEED_CEILING_MPS,
    'Highest speed [m/s]; can only lower the built-in ceiling of 3.0 m/s.',
    0.01,
    SPEED_CEILING_MPS,
)

STANDSTILL_SPEED = Parameter(
    'standstill_speed_mps',
    STANDSTILL_SPEED_MPS,
    'The robot stands when twist and pose of its odometry are slower for 0.1 s [m/s]; raise it'
    ' above the noise of both; the same for orchestrator and gate.',
    0.001,
    0.5,
)

STANDSTILL_YAW_RATE = Parameter(
    'standstill_yaw_rate_radps',
    STANDSTILL_YAW_RATE_RADPS,
    'The robot stands when its odometry also turns slower [rad/s]; raise it above the bias of its'
    ' gyro; the same for orchestrator and gate.',
    0.001,
    1.0,
)

SCAN_OPEN_SPACE = Parameter(
    'scan_open_space',
    'inf',
    'What the lidar sends where nothing is in sight: inf = +inf, or what is beyond its range;'
    ' nan = NaN too; zero = 0 too; the same for orchestrator and gate.',
    choices=OPEN_SPACE,
)

EXECUTOR = Parameter(
    'executor',
    'cached',
    "What runs the callbacks: cached = rclpy's single-threaded executor with its wait set kept,"
    " at half the cost; stock = rclpy's own, where you suspect the other.",
    choices=('cached', 'stock'),
)

SERVICE_INTROSPECTION = Parameter(
    'service_introspection',
    'off',
    'Whether services publish what they are asked and answer, on NAME/_service_event, for'
    ' recordings: metadata = that, when and by whom; contents = all of it.',
    choices=('off', 'metadata', 'contents'),
)
