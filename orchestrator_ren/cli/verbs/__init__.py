"""The verbs of `ren`, a file each: its arguments and its one action.

A verb's module has `add_arguments(parser)` and `run(options, output)`, and may have `EPILOG`.
"""

VERBS = {
    'up': 'start gate, orchestrator and robot, each in a process of its own',
    'create': 'make a ticket',
    'run': 'make a ticket and execute it, to its end',
    'execute': 'execute a ticket, to its end',
    'queue': 'show the queue, or have a ticket executed when its turn comes',
    'cancel': 'cancel a ticket',
    'list': 'list tickets',
    'show': 'show a ticket, its history and why it waits',
    'commands': 'show what tickets may ask for',
    'robots': 'show the robots of the store, or declare that one of them stands',
    'status': 'tell how the orchestrator is',
    'pause': 'start nothing from the queue',
    'resume': 'let the queue go on',
    'stop': 'stop the robot now; nothing is latched',
    'e-stop': 'press the e-stop; it latches until a reset',
    'reset': 'release the e-stop, and free its latch',
    'events': 'tell what happened to all tickets',
    'metrics': 'show what is counted',
    'watch': 'show all of it on one screen',
    'doctor': 'look at the robot, and say what is wrong and what to do',
    'key': 'make, show or remove keys of the HTTP gateway',
    'completion': 'print the completion for a shell',
}
"""What each does; the order is that of the help."""
