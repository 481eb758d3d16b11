/**
 * A whole installation for one test file: Redis, replicas of both services, the roads to them. Everything has ports and
 * a folder of its own, and everything is gone afterwards.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Balancer } from "./balancer";
import { until } from "./until";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
/** The folder of the binaries: `HELPLINE_BIN`, or the newest that cargo made. */
const BINARIES = process.env.HELPLINE_BIN ?? newest(join(TARGET, "release"), join(TARGET, "debug"));

function newest(...folders: string[]): string {
  const made = (folder: string) => statSync(join(folder, "chat-server"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return folders.reduce((best, folder) => (made(folder) > made(best) ? folder : best));
}

export const SCREENS = join(TARGET, "screens");

/** One process of ours. */
class Service {
  #process: ChildProcess | undefined;

  constructor(
    private readonly binary: string,
    private readonly logFile: string,
    readonly port: number,
    private readonly environment: Record<string, string>,
  ) {}

  async start(): Promise<void> {
    const path = join(BINARIES, this.binary);
    if (!existsSync(path)) throw new Error(`${this.binary} is not built; run: cargo build`);
    const out = `${this.logFile}.log`;
    this.#process = spawn("/bin/sh", ["-c", `exec "$0" >>"$1" 2>&1`, path, out], { env: { PATH: process.env.PATH, ...this.environment } });
    await until(
      `${this.binary} is ready`,
      async () => {
        if (this.#process?.exitCode !== null) throw new Error(`${this.binary} ended: ${readFileSync(out, "utf8")}`);
        return fetch(`http://127.0.0.1:${this.port}/ready`).then((response) => response.status, () => 0);
      },
      (status) => status === 200,
    );
  }

  /** Ends it, at once and without a word by default. */
  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const exited = this.#process;
    this.#process = undefined;
    if (!exited || exited.exitCode !== null) return;
    const gone = new Promise((resolve) => exited.once("exit", resolve));
    exited.kill(signal);
    await gone;
  }
}

export interface Wishes {
  /** Settings beyond the defaults, such as `{ CHAT__IDLE_TIMEOUT: "4s" }`. */
  settings?: Record<string, string>;
}

export class World {
  chatServers: [Service, Service] = [] as unknown as [Service, Service];
  subscribers: [Service, Service] = [] as unknown as [Service, Service];

  private constructor(
    private readonly folder: string,
    private readonly redis: ChildProcess,
    /** Visitors come in here, and reach the first chat-server while it lives. */
    readonly visitorsRoad: Balancer,
    /** Agents' chats come in here, and reach the second chat-server while it lives. */
    readonly agentsRoad: Balancer,
    readonly feedRoad: Balancer,
  ) {}

  static async start(wishes: Wishes = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "helpline-browser-"));
    const redisPort = await freePort();
    const options = ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--loglevel", "warning"];
    const redis = spawn("redis-server", options, { stdio: "ignore" });
    const [visitorsRoad, agentsRoad, feedRoad] = [await Balancer.start(), await Balancer.start(), await Balancer.start()];
    const world = new World(folder, redis, visitorsRoad, agentsRoad, feedRoad);

    const service = async (binary: string, section: string, name: string, chatRoad: Balancer) => {
      const port = await freePort();
      const settings: Record<string, string> = {
        REDIS__URL: `redis://127.0.0.1:${redisPort}`,
        RECORDS__URL: `sqlite:${join(folder, "helpline.db")}`,
        [`${section}__BIND`]: `127.0.0.1:${port}`,
        SOCKETIO__BIND: `127.0.0.1:${await freePort()}`,
        PAGES__CHAT_SERVER: chatRoad.url,
        PAGES__SUBSCRIBER: feedRoad.url,
        PAGES__TITLE: "Kestrel Outdoor",
        SOCKETS__DRAIN: "500ms",
        ...wishes.settings,
      };
      const environment = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`HELPLINE__${key}`, value]));
      const made = new Service(binary, join(folder, name), port, environment);
      await made.start();
      return made;
    };
    world.chatServers = [
      await service("chat-server", "CHAT_SERVER", "chat-1", visitorsRoad),
      await service("chat-server", "CHAT_SERVER", "chat-2", visitorsRoad),
    ];
    world.subscribers = [
      await service("subscriber", "SUBSCRIBER", "subscriber-1", agentsRoad),
      await service("subscriber", "SUBSCRIBER", "subscriber-2", agentsRoad),
    ];
    const [first, second] = world.chatServers.map((each) => each.port) as [number, number];
    visitorsRoad.upstreams = [first, second];
    agentsRoad.upstreams = [second, first];
    feedRoad.upstreams = world.subscribers.map((each) => each.port);
    return world;
  }

  get visitorUrl(): string {
    return this.visitorsRoad.url;
  }

  get consoleUrl(): string {
    return this.feedRoad.url;
  }

  async stop(): Promise<void> {
    for (const road of [this.visitorsRoad, this.agentsRoad, this.feedRoad]) await road.stop();
    for (const service of [...this.chatServers, ...this.subscribers]) await service.stop();
    const gone = new Promise((resolve) => this.redis.once("exit", resolve));
    this.redis.kill("SIGKILL");
    await gone;
    rmSync(this.folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
