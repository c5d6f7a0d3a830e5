.PHONY: help build demo up shell test test-oldest fuzz-http test-long test-crash test-fleet bench-store bench-safety bench-dispatch bench-floods bench-odometry bench-cli bench-watching bench-http bench-node bench-fleet check format docs images clean
.DEFAULT_GOAL := help

RUN := scripts/with_ros.sh

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## make what is needed and build the package (ROS_DISTRO=jazzy|kilted)
	@scripts/prepare.sh

demo: build ## drive the simulated robot with a ticket
	@$(RUN) python demo/drive_a_ticket.py

up: build ## the simulated robot, its gate and orchestrator, until Ctrl-C
	@$(RUN) ren up --sim

shell: build ## a shell with ROS 2, `ren` and the rest on its paths
	@$(RUN) "$${SHELL:-bash}"

test: build ## all tests, three at a time, and alone those that judge times; about 22 minutes
	@$(RUN) scripts/run_tests.sh

test-long: build ## what is a matter of chance, as often as it takes: 10,000 requests, 1,000 races, 200 kills, 100 freezes
	@TEST_LONG=1 $(RUN) python -m pytest -s -m statistics

test-crash: build ## of these 200 kills of the orchestrator at the worst moments, 100 freezes, about 15 minutes
	@TEST_LONG=1 $(RUN) python -m pytest -s test/process/crash test/process/test_freezes.py

test-fleet: build ## 200 faults of three orchestrators and their server, 1,000 interleavings, about 40 minutes
	@TEST_LONG=1 $(RUN) python -m pytest -s test/fleet

bench-store: build ## the store with up to a million tickets, beside raw sqlite3, about 10 minutes
	@$(RUN) python test/bench/bench_store.py

bench-safety: build ## e-stop to zero, 1,000 presses a case, beside a bare node, about 15 minutes
	@$(RUN) python test/bench/bench_safety.py

bench-dispatch: build ## the dispatcher with up to 100,000 waiting tickets, about 3 minutes
	@$(RUN) python test/bench/bench_dispatch.py

bench-floods: build ## what 1,000 goals, 4,000 scans, a page of 54 MB, a large map do to a drive, about 10 minutes
	@$(RUN) python test/bench/bench_floods.py

bench-odometry: build ## what odometry costs while nothing moves, at 0 to 200 Hz, about 3 minutes
	@$(RUN) python test/bench/bench_odometry.py

bench-cli: build ## ren from the shell to the answer, beside a bare rclpy call, about 1 minute
	@$(RUN) python test/bench/bench_cli.py

bench-watching: build ## what it costs to be watched: telemetry heard, the page for Prometheus read, about 2 minutes
	@$(RUN) python test/bench/bench_watching.py

bench-http: build ## what the HTTP gateway adds to a call, stop to zero, 32 who follow, about 3 minutes
	@$(RUN) python test/bench/bench_http.py

bench-node: build ## start, requests, periods, load, 5,000 executions, beside bare nodes and a web service, about 6 minutes
	@$(RUN) python test/bench/bench_node.py

bench-fleet: build ## 1 to 8 orchestrators on one PostgreSQL, the load of 1,000 robots, beside the bare driver, about 7 minutes
	@$(RUN) python test/bench/bench_fleet.py

fuzz-http: ## 10,000 requests made from the OpenAPI, to the gateway that runs on port 8000, about 4 minutes
	@scripts/fuzz_http.sh

test-oldest: ## unit tests with the oldest libraries supported (Ubuntu 24.04's)
	@scripts/test_oldest.sh

check: build ## lint, format, types, who imports whom, docs, package.xml, launch and YAML syntax
	@$(RUN) scripts/check.sh

format: build ## rewrite the sources in the project's format
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

images: build ## make the pictures of docs/images anew, by the demo and the simulated robot
	@$(RUN) python scripts/make_images.py

docs: build ## regenerate the tables and pictures of docs/
	@$(RUN) python scripts/generate_docs.py

clean: ## remove everything that was made here
	rm -rf .venv build install log demo/trajectory.png
