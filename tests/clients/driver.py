"""Socket.IO connections by the line, with python-socketio 4 or 5, whichever is installed.

Commands are read from standard input and what happens is written to standard output, both as one JSON object a line;
tests/src/socketio/driver.rs says which. Ends with its standard input.
"""

import asyncio
import json
import re
import sys

import socketio

# How long the library waits for the server's word that the connection is accepted. Only version 5 waits.
PATIENCE = {"wait_timeout": 20} if socketio.AsyncClient.connect.__code__.co_varnames.count("wait_timeout") else {}


def tell(connection, **what):
    print(json.dumps({"id": connection, **what}), flush=True)


class Client(socketio.AsyncClient):
    """Tells every event, whatever its name, in the order in which they come."""

    def __init__(self, number):
        super().__init__(reconnection=False)
        self.number = number
        self.welcomed = asyncio.Event()
        self.gone = False

    async def _trigger_event(self, event, namespace, *args):
        if event == "connect":
            self.welcomed.set()
        elif event == "disconnect":
            self.is_gone(str(args[0]) if args else "")
        elif event not in ("connect_error", "__disconnect_final"):
            tell(self.number, event=event, args=list(args))

    def is_gone(self, why):
        if not self.gone:
            self.gone = True
            tell(self.number, disconnected=why)


async def connect(clients, number, command):
    client = Client(number)
    clients[number] = client
    try:
        await client.connect(
            command["url"], headers=command["headers"], transports=command["transports"], **PATIENCE
        )
        await asyncio.wait_for(client.welcomed.wait(), 20)
    except Exception as error:  # whatever the library says is what the test wants to know
        status = re.search(r"status code (\d{3})", str(error))
        tell(number, refused={"status": int(status[1]) if status else None, "message": str(error)})
        if client.eio.http is not None:  # which the library leaves open
            await client.eio.http.close()
        return
    tell(number, connected=client.transport())


async def emit(client, number, command):
    ack = command["ack"]

    def acknowledged(*args):
        tell(number, ack=ack, args=list(args))

    # A tuple is a list of arguments; none at all is said by None.
    data = tuple(command["args"]) or None
    try:
        await client.emit(command["event"], data, callback=None if ack is None else acknowledged)
    except socketio.exceptions.SocketIOError:
        pass  # The connection is gone, and that has been told.


def complain(loop, context):
    # Version 4 forgets to close what it opened for a connection that was refused.
    if not context["message"].startswith("Unclosed"):
        loop.default_exception_handler(context)


async def work():
    lines = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(complain)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    clients, connecting = {}, set()
    while line := await lines.readline():
        command = json.loads(line)
        number = command["id"]
        if command["do"] == "connect":
            task = asyncio.ensure_future(connect(clients, number, command))
            connecting.add(task)
            task.add_done_callback(connecting.discard)
        elif command["do"] == "emit":
            await emit(clients[number], number, command)
        elif client := clients.pop(number, None):
            await client.disconnect()
            client.is_gone("asked to")  # Version 4 does not say so of itself.


asyncio.run(work())
