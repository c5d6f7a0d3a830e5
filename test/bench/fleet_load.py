def print_load(folder, server, options): pass
