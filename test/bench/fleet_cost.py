def print_cost(folder, server, options): pass
