/**
 * The road between browsers and replicas: sends each connection to the first replica that answers. It can also be the
 * bad network of a test: cut off altogether, swallowing everything without a word, or forgetful of old connections.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

export class Balancer {
  #server: Server;
  #pairs = new Set<[Socket, Socket]>();
  #isCut = false;
  #swallows = false;
  upstreams: number[] = [];

  private constructor() {
    this.#server = createServer((client) => void this.#forward(client));
  }

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    await new Promise<void>((resolve) => balancer.#server.listen(0, "127.0.0.1", resolve));
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection and takes no more, until `restore`. */
  cut(): void {
    this.#isCut = true;
    this.#dropAll();
  }

  /** Connections stay open, but nothing that browsers send arrives, until `restore`. */
  swallow(): void {
    this.#swallows = true;
  }

  /** Present connections stay open on both ends, but nothing ever passes them again; new ones are good. */
  strand(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.removeAllListeners("data").resume();
  }

  /** A good network again. What was swallowed is lost, and so are the connections that it was lost on. */
  restore(): void {
    if (this.#swallows) this.#dropAll();
    this.#isCut = this.#swallows = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #forward(client: Socket): Promise<void> {
    client.on("error", () => client.destroy());
    if (this.#isCut) {
      client.destroy();
      return;
    }
    for (const port of this.upstreams) {
      const upstream = await reach(port);
      if (upstream) return this.#pair(client, upstream);
    }
    client.destroy();
  }

  #pair(client: Socket, upstream: Socket): void {
    const pair: [Socket, Socket] = [client, upstream];
    this.#pairs.add(pair);
    const end = () => {
      client.destroy();
      upstream.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    client.on("data", (data) => {
      if (!this.#swallows) upstream.write(data);
    });
    upstream.on("data", (data) => client.write(data));
  }

  #dropAll(): void {
    for (const [client, upstream] of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
    this.#pairs.clear();
  }
}

function reach(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}
