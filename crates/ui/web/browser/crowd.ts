/** Many visitors in one page without a picture: each on a socket of its own that stays. */
import type { Browser, Page } from "playwright-core";
import type { World } from "./world";

export class Crowd {
  private constructor(private readonly page: Page) {}

  /** So many visitors ask for an agent, one after the other. */
  static async asks(browser: Browser, world: World, names: readonly string[]): Promise<Crowd> {
    const page = await (await browser.newContext()).newPage();
    await page.goto(world.visitorUrl);
    await page.evaluate(async (all) => {
      const sockets: WebSocket[] = [];
      for (const name of all) {
        const { chatId, userId } = (await (await fetch(`/user/join/${encodeURIComponent(name)}`)).json()) as { chatId: string; userId: string };
        const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/chat/${chatId}`, ["helpline.v1"]);
        await new Promise((resolve) => (socket.onopen = resolve));
        const heard = new Promise((resolve) => (socket.onmessage = resolve));
        socket.send(JSON.stringify({ type: "Join", args: { userId, username: name, from: "User" } }));
        await heard;
        sockets.push(socket);
      }
      Object.assign(window, { sockets });
    }, names);
    return new Crowd(page);
  }

  async leaves(): Promise<void> {
    await this.page.evaluate(() => {
      for (const socket of (window as unknown as { sockets: WebSocket[] }).sockets) socket.send(JSON.stringify({ type: "Leave", args: {} }));
    });
  }
}
