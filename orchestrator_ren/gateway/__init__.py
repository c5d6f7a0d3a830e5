"""The program `http_gateway`: HTTP, WebSocket and a page, on the client alone."""
