"""A process that has imported Keras and kerasgen, and forks those that tests ask for.

`python -m tests.zygote SOCKET`. It computes nothing: what a fork of it runs is what a
new process would, without ten seconds of imports. It ends with the last of its clients.
"""

import gc
import json
import os
import pathlib
import selectors
import signal
import socket
import sys


def main(path):
    """Serves requests, and returns the request in each process that is to run one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nothing is left to wait for
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{path}.new")
    server.listen()
    os.rename(f"{path}.new", path)
    clients = selectors.DefaultSelector()
    clients.register(server, selectors.EVENT_READ)
    while True:
        for key, _ in clients.select():
            if key.fileobj is server:
                client = server.accept()[0]
                clients.register(client, selectors.EVENT_READ, client.makefile("r"))
            elif line := key.data.readline():
                if os.fork() == 0:
                    server.close()
                    return _keep(key.fileobj, json.loads(line))
            else:
                clients.unregister(key.fileobj)
                key.fileobj.close()
        if len(clients.get_map()) == 1:
            pathlib.Path(path).unlink(missing_ok=True)
            os._exit(0)


def _keep(client, request):
    """Forks what runs, waits for its end and tells the client of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        client.close()
        return request
    client.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(request):
    """Gives this process the streams, arguments, folder and variables of a request."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, (name, flags) in enumerate(
        [
            (os.devnull, os.O_RDONLY),
            (request["stdout"], os.O_WRONLY | os.O_CREAT),
            (request["stderr"], os.O_WRONLY | os.O_CREAT),
        ]
    ):
        opened = os.open(name, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["-c", *request["argv"]]
    return compile(request["code"], "<string>", "exec")


if __name__ == "__main__":
    import keras

    before = set(sys.modules)
    import kerasgen.everything  # noqa: F401

    imported = sorted(set(sys.modules) - before)
    from kerasgen.backend import seeds

    keras.utils.set_random_seed = seeds.set_random_seed  # no import of TensorFlow
    gc.collect()
    gc.freeze()
    code = become(main(sys.argv[1]))
    exec(code, {"__name__": "__main__", "IMPORTED_WITH_KERASGEN": imported})
