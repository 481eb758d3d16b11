/** The people of a test, each with a browser profile of their own, and what they do and see. */
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { until } from "./until";
import type { World } from "./world";

const ARGUMENTS = [
  "--no-sandbox",
  "--headless",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A page whose every error, a breach of its own policy included, fails the test. */
export async function openPage(browser: Browser, options: BrowserContextOptions): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 860 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    const isPolicy = message.text().includes("Content Security Policy");
    if (isPolicy) errors.push(message.text());
  });
  return { context, page, errors };
}

/** What a thread shows, top to bottom: the texts of its messages. */
function messages(page: Page): Promise<string[]> {
  return page.locator(".bubble").allTextContents();
}

export abstract class Person {
  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly errors: string[],
  ) {}

  async says(text: string): Promise<void> {
    const field = this.page.locator(".composer textarea").last();
    // Real keys: a page may swallow one. A long text is pasted.
    if (text.length < 100 && !text.includes("\n")) await field.pressSequentially(text);
    else await field.fill(text);
    await field.press("Enter");
  }

  /** Waits until the thread shows exactly these messages, in this order. */
  async reads(...texts: string[]): Promise<void> {
    await until("the thread", () => messages(this.page), (seen) => JSON.stringify(seen) === JSON.stringify(texts));
  }

  /** Waits until every message of one's own is confirmed. */
  async isDone(): Promise<void> {
    await this.page.locator(".message.sending, .message.waiting").first().waitFor({ state: "detached" });
  }

  /** As on a laptop that was asleep: for its page no time went by, for everybody else this long. */
  async wakesAfter(minutes: number): Promise<void> {
    await this.page.evaluate((ms) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + ms;
    }, minutes * 60_000);
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  async leaves(): Promise<void> {
    await this.context.close();
    if (this.errors.length > 0) throw new Error(`the page complained: ${this.errors.join("\n")}`);
  }
}

export class Visitor extends Person {
  static async opens(browser: Browser, world: World, path = "/", options: BrowserContextOptions = {}): Promise<Visitor> {
    const { context, page, errors } = await openPage(browser, options);
    await page.goto(world.visitorUrl + path);
    await page.locator("form").first().waitFor();
    return new Visitor(context, page, errors);
  }

  async starts(name: string, question = ""): Promise<void> {
    const field = this.page.getByLabel("Your name");
    await field.clear();
    await field.pressSequentially(name);
    if (question) await this.page.getByLabel("Your question").pressSequentially(question);
    await this.page.getByRole("button", { name: "Start chat" }).click();
    await this.page.locator(".composer").waitFor();
  }
}

export class Agent extends Person {
  /** Opens the console, signed out. */
  static async arrives(browser: Browser, world: World, options: BrowserContextOptions = {}): Promise<Agent> {
    const { context, page, errors } = await openPage(browser, options);
    await page.goto(world.consoleUrl);
    await page.locator("form").waitFor();
    return new Agent(context, page, errors);
  }

  static async comes(browser: Browser, world: World, name: string, options: BrowserContextOptions = {}): Promise<Agent> {
    const { context, page, errors } = await openPage(browser, options);
    await page.goto(world.consoleUrl);
    await page.getByLabel("Display name").fill(name);
    await page.getByRole("button", { name: "Go to the desk" }).click();
    await page.getByText("Connected").waitFor();
    return new Agent(context, page, errors);
  }

  async accepts(visitor: string): Promise<void> {
    await this.page.getByRole("button", { name: `Accept ${visitor}` }).click();
    await this.page.getByRole("region", { name: `Chat with ${visitor}` }).waitFor();
  }

  /** The names in the waiting list, top to bottom. */
  waiting(): Promise<string[]> {
    return this.page.locator(".waiting li .row:not(.gone) .name").allTextContents();
  }

  async seesWaiting(...names: string[]): Promise<void> {
    await until("the waiting list", () => this.waiting(), (seen) => JSON.stringify(seen) === JSON.stringify(names));
  }
}

/** A visitor and an agent in one chat, with one message from each. */
export async function engaged(browser: Browser, world: World, name = "Mina"): Promise<{ visitor: Visitor; agent: Agent }> {
  const agent = await Agent.comes(browser, world, "Vika");
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts(name, "hello");
  await agent.accepts(name);
  await agent.reads("hello");
  await visitor.sees(/Vika joined/);
  return { visitor, agent };
}
