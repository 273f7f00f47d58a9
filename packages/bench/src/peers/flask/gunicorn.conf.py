"""As gunicorn comes, with as many workers as its documentation recommends: https://gunicorn.org/design/#how-many-workers"""

import os

# Those that the process is pinned to, where it can be pinned.
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
workers = 2 * cores + 1
bind = f"{os.environ['HOST']}:{os.environ['PORT']}"
# It would be a file in the user's home.
control_socket_disable = True
