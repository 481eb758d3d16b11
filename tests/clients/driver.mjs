// Socket.IO connections by the line, with version 2 or 4 of socket.io-client, whichever the argument names.
//
// Commands are read from standard input and what happens is written to standard output, both as one JSON object a line;
// tests/src/socketio/driver.rs says which. Ends with its standard input.

import { createInterface } from "node:readline";

const { default: io } = await import(`socket.io-client-${process.argv[2]}`);
const sockets = new Map();

function tell(id, what) {
  process.stdout.write(JSON.stringify({ id, ...what }) + "\n");
}

/** The HTTP status of a refusal, as far as this version and this transport tell it. */
function statusOf(error) {
  const { description } = error;
  if (typeof description === "number") return description;
  const said = /response: (\d{3})/.exec(description?.message ?? "");
  return said ? Number(said[1]) : null;
}

function connect({ id, url, headers, transports }) {
  const socket = io(url, { transports, extraHeaders: headers, reconnection: false, forceNew: true, timeout: 20_000 });
  sockets.set(id, socket);
  // Every event, whatever its name, in the order in which they come.
  socket.onevent = ({ data: [event, ...args] }) => tell(id, { event, args });
  socket.on("connect", () => {
    const { engine } = socket.io;
    const connected = () => tell(id, { connected: engine.transport.name });
    if (engine.transport.name === transports.at(-1)) connected();
    else engine.once("upgrade", connected);
  });
  socket.on("disconnect", (reason) => tell(id, { disconnected: reason }));
  socket.on("connect_error", (error) => tell(id, { refused: { status: statusOf(error), message: String(error) } }));
}

function emit({ id, event, args, ack }) {
  const acknowledged = (...answer) => tell(id, { ack, args: answer });
  sockets.get(id).emit(event, ...args, ...(ack === null ? [] : [acknowledged]));
}

function disconnect({ id }) {
  sockets.get(id)?.disconnect();
  sockets.delete(id);
}

const work = { connect, emit, disconnect };
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  work[command.do](command);
}
process.exit(0);
