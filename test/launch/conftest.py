"""launch_testing runs its files itself; pytest would collect them for their names."""

collect_ignore_glob = ['*_launch_test.py']
