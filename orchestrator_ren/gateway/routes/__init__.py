"""The addresses: a file per noun; each route parses, asks the client, and forms the answer."""
