/** Browsers that lack something or forbid it, clocks that are wrong, pages that get in the way: everything works, or says why. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Agent, Visitor, openBrowser, openPage } from "./people";
import { Site } from "./site";
import { until } from "./until";
import { World } from "./world";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** What is done to each page before it runs. */
const ODD: Record<string, () => void> = {
  "no Intl.Segmenter": () => {
    Reflect.deleteProperty(Intl, "Segmenter");
  },
  "site data blocked": () => {
    const blocked = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) Object.defineProperty(window, name, { get: blocked, configurable: true });
    Object.defineProperty(Document.prototype, "cookie", { get: blocked, set: blocked, configurable: true });
  },
  "storage that is null": () => {
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: () => null, configurable: true });
  },
  "storage that is full": () => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  },
  "no constructable style sheets": () => {
    const sheet = window.CSSStyleSheet;
    Object.assign(window, {
      CSSStyleSheet: new Proxy(sheet, {
        construct() {
          throw new TypeError("Illegal constructor");
        },
      }),
    });
  },
  "a clock 20 minutes ahead": () => {
    const [RealDate, ahead] = [Date, 20 * 60_000];
    Object.assign(window, {
      Date: new Proxy(RealDate, {
        construct: (target, args: [number]) => (args.length > 0 ? new target(...args) : new target(RealDate.now() + ahead)),
        get: (target, name) => (name === "now" ? () => RealDate.now() + ahead : (Reflect.get(target, name) as unknown)),
      }),
    });
  },
  "a clock 20 minutes behind": () => {
    const now = Date.now.bind(Date);
    Date.now = () => now() - 20 * 60_000;
  },
  "notifications that throw": () => {
    class Refusing {
      static permission = "granted";
      static requestPermission = () => Promise.resolve("granted");
      constructor() {
        throw new TypeError("Failed to construct 'Notification': Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
      }
    }
    Object.assign(window, { Notification: Refusing });
    Object.defineProperty(document, "hasFocus", { value: () => false });
  },
  "little of what is new": () => {
    for (const name of ["BroadcastChannel", "AudioContext", "Notification", "visualViewport", "structuredClone", "requestIdleCallback"]) {
      Object.defineProperty(window, name, { value: undefined, configurable: true });
    }
    Object.defineProperty(crypto, "randomUUID", { value: undefined });
    for (const name of ["clipboard", "locks", "languages", "serviceWorker"]) Object.defineProperty(navigator, name, { value: undefined });
    for (const name of ["role", "ariaLabel"]) Reflect.deleteProperty(Element.prototype, name);
    for (const name of ["popover", "showPopover"]) Reflect.deleteProperty(HTMLElement.prototype, name);
  },
  "prototypes with more in them": () => {
    // A site's, not ours: nobody else's script runs in our pages.
    if (location.hostname !== "localhost") return;
    Object.assign(Array.prototype, { each: () => {}, remove: () => {} });
    Object.assign(Object.prototype, { open: true, active: "no", kept: 7, host: "http://127.0.0.1:1", lang: "zh", extra: () => {} });
  },
};

/** Several at once, for each costs a minute of everybody's time. */
const TOGETHER: string[][] = [
  ["no Intl.Segmenter", "no constructable style sheets", "notifications that throw"],
  ["site data blocked", "a clock 20 minutes ahead"],
  ["storage that is null", "a clock 20 minutes behind", "little of what is new"],
  ["storage that is full", "prototypes with more in them"],
];

async function prepared(odd: string[]): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const made = await openPage(browser, {});
  for (const name of odd) await made.context.addInitScript(ODD[name] ?? (() => {}));
  return made;
}

async function visitor(odd: string[]): Promise<Visitor> {
  const { context, page, errors } = await prepared(odd);
  await page.goto(world.visitorUrl);
  await page.locator("form").first().waitFor();
  return new Visitor(context, page, errors);
}

async function agent(odd: string[], name: string): Promise<Agent> {
  const { context, page, errors } = await prepared(odd);
  await page.goto(world.consoleUrl);
  await page.getByLabel("Display name").fill(name);
  await page.getByRole("button", { name: "Go to the desk" }).click();
  await page.getByText("Connected").waitFor().catch((error: unknown) => {
    throw new Error(`${errors.join("\n")}`, { cause: error });
  });
  return new Agent(context, page, errors);
}

describe.each(TOGETHER.map((odd) => [odd.join(", "), odd] as const))("%s", (_, odd) => {
  test("a visitor and an agent talk", async () => {
    const desk = await agent(odd, "Vika Larsen");
    if (odd.includes("notifications that throw")) {
      await desk.page.evaluate(() => localStorage.setItem("helpline.console.settings", JSON.stringify({ requestNotice: true, messageNotice: true })));
      await desk.page.reload();
      await desk.page.getByText("Connected").waitFor();
    }
    const mina = await visitor(odd);
    await mina.starts("Mina", "hello");
    await until("the wait", () => desk.page.locator(".waiting .row").first().textContent(), (text) => /\b0:\d\d\b/.test(text ?? ""));
    await desk.accepts("Mina");
    await mina.sees(/Vika Larsen joined/);
    await desk.says("Hi 👍🏽");
    await mina.reads("hello", "Hi 👍🏽");
    await mina.says("👨‍👩‍👧‍👦");
    const long = "word ".repeat(1_000).trim();
    await mina.says(long);
    await until("the pieces", () => desk.page.locator(".bubble").allTextContents(), (seen) => seen.slice(3).join(" ") === long);
    expect(await mina.page.locator("[role=log]").getAttribute("aria-label")).toBe("Conversation");
    expect(await mina.page.locator(".divider").allTextContents()).toEqual(["Today"]);
    expect(await desk.page.locator(".chat .divider, .thread .divider").allTextContents()).toEqual(["Today"]);
    await mina.leaves();
    await desk.leaves();
  });

  test("the widget opens, talks and stays on the next page", async () => {
    const desk = await Agent.comes(browser, world, "Vika");
    // Where the browser has no sheets of its own, an element for styles needs what the site's policy asks of it.
    const script = (host: string, nonce: string) => `<script src="${host}/widget.js" nonce="${nonce}" defer></script>`;
    const site = await Site.start(world.visitorUrl, "", undefined, { script });
    const { context, page, errors } = await prepared(odd);
    await page.goto(site.url);
    const launcher = page.locator("helpline-widget .launcher");
    await launcher.waitFor();
    expect(await launcher.evaluate((element) => [element.getBoundingClientRect().width, getComputedStyle(element).position])).toEqual([56, "fixed"]);
    expect(await page.locator("helpline-widget .panel").isVisible()).toBe(false);
    await launcher.click();
    const chat = page.frameLocator("helpline-widget iframe");
    await chat.getByLabel("Your name").fill("Walker");
    await chat.getByLabel("Your question").fill("hello");
    await chat.getByRole("button", { name: "Start chat" }).click();
    await desk.accepts("Walker");
    await desk.says("Hi!");
    await chat.getByText("Hi!", { exact: true }).waitFor();
    await page.goto(`${site.url}/next`);
    await launcher.waitFor();
    if (!odd.some((name) => name.startsWith("s"))) await chat.getByText("Hi!", { exact: true }).waitFor();
    expect(errors).toEqual([]);
    await context.close();
    await site.stop();
  });
});

describe("the widget on a site that", () => {
  interface Seen {
    page: Page;
    said: string[];
    site: Site;
    starts(): Promise<void>;
  }

  async function comes(own: Parameters<typeof Site.start>[3], before?: () => void, attributes?: string): Promise<Seen> {
    const site = await Site.start(world.visitorUrl, attributes, undefined, own);
    const context = await browser.newContext({ locale: "en-GB" });
    if (before) await context.addInitScript(before);
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(`uncaught ${String(error)}`));
    await page.goto(site.url);
    const starts = async () => {
      await page.locator("helpline-widget .launcher").click();
      await page.frameLocator("helpline-widget iframe").getByRole("button", { name: "Start chat" }).waitFor();
    };
    return { page, said, site, starts };
  }

  const ours = (said: string[]) => said.filter((text) => text.includes("Helpline") || text.startsWith("uncaught"));

  test.each([
    ["an element", `<div id="Helpline"></div>`],
    ["two elements", `<a id="Helpline"></a><a id="Helpline"></a>`],
    ["a frame", `<iframe name="Helpline" title="x"></iframe>`],
    ["names that hide the document's own", `<img name="currentScript" alt=""><form name="querySelector"></form>`],
  ])("has %s of its name", async (_, body) => {
    const { page, said, starts, site } = await comes({ body });
    if (!body.includes("querySelector")) {
      await page.evaluate(() => window.Helpline?.open());
      await page.frameLocator("helpline-widget iframe").getByRole("button", { name: "Start chat" }).waitFor();
    } else await starts();
    expect(ours(said)).toEqual([]);
    await site.stop();
  });

  test("has a Helpline of its own", async () => {
    const { page, said, starts, site } = await comes({}, () => Object.assign(window, { Helpline: { mine: true } }));
    await starts();
    expect(await page.evaluate(() => JSON.stringify(window.Helpline))).toBe(`{"mine":true}`);
    expect(ours(said)).toEqual([expect.stringContaining("window.Helpline of its own")]);
    await site.stop();
  });

  test.each(["null", `{"active":1,"open":true}`])("keeps %s where the widget would keep its visit", async (text) => {
    const desk = await Agent.comes(browser, world, "Vika");
    const { page, said, starts, site } = await comes({});
    await page.evaluate((value) => sessionStorage.setItem("helpline", value), text);
    await page.reload();
    await starts();
    const chat = page.frameLocator("helpline-widget iframe");
    await chat.getByLabel("Your name").fill("Keeper");
    await chat.getByLabel("Your question").fill("hello");
    await chat.getByRole("button", { name: "Start chat" }).click();
    await desk.accepts("Keeper");
    await desk.says("Hi!");
    await chat.getByText("Hi!", { exact: true }).waitFor();
    await page.goto(`${site.url}/next`);
    await chat.getByText("Hi!", { exact: true }).waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("helpline"))).toBe(text);
    await desk.page.getByRole("button", { name: "End chat" }).click();
    await desk.page.getByRole("dialog").getByRole("button", { name: "End chat" }).click();
    await chat.locator(".ended").waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("helpline"))).toBe(text);
    expect(ours(said)).toEqual([]);
    await site.stop();
  });

  test.each<[string, (host: string, nonce: string) => string]>([
    ["loads it as a module", (host) => `<script type="module" src="${host}/widget.js" data-position="left"></script>`],
    ["imports it", (host, nonce) => `<script type="module" nonce="${nonce}">import "${host}/widget.js";</script>`],
    ["imports it later", (host, nonce) => `<script nonce="${nonce}">setTimeout(() => import("${host}/widget.js?v=3"), 50);</script>`],
    ["adds it by script", (host, nonce) => `<script nonce="${nonce}">document.head.append(Object.assign(document.createElement("script"), { src: "${host}/widget.js", async: true }));</script>`.replace('src: "', 'src: trustedTypes.createPolicy("x", { createScriptURL: (url) => url }).createScriptURL("').replace('widget.js"', 'widget.js")')],
    ["loads it twice", (host) => `<script src="${host}/widget.js"></script><script src="${host}/widget.js" defer></script>`],
    ["loads it with a check of its origin", (host) => `<script src="${host}/widget.js" crossorigin="anonymous"></script>`],
  ])("%s", async (_, script) => {
    const { page, said, starts, site } = await comes({ script });
    await starts();
    expect(await page.locator("helpline-widget").count()).toBe(1);
    if (script("", "").includes("data-position")) expect(await page.locator("helpline-widget .left").count()).toBe(1);
    expect(ours(said)).toEqual([]);
    await site.stop();
  });

  test("has it inlined: it works with data-host, and says why not without", async () => {
    const code = await (await fetch(`${world.visitorUrl}/widget.js`)).text();
    const inlined = (attributes: string) => (_: string, nonce: string) => `<script nonce="${nonce}" ${attributes}>${code}</script>`;
    const mute = await comes({ script: inlined("") });
    await until("why", () => ours(mute.said), (said) => said.length > 0);
    expect(ours(mute.said)).toEqual([expect.stringContaining("data-host")]);
    expect(await mute.page.locator("helpline-widget").count()).toBe(0);
    for (const attributes of [`data-host="${world.visitorUrl}"`, `type="module" data-host="${world.visitorUrl}/"`]) {
      const { said, starts, site } = await comes({ script: inlined(attributes) });
      await starts();
      expect(ours(said)).toEqual([]);
      await site.stop();
    }
    await mute.site.stop();
  });

  test("forbids the styles that an old browser needs: it says why", async () => {
    const { page, said, site } = await comes({}, ODD["no constructable style sheets"]);
    await until("why", () => ours(said), (all) => all.some((text) => text.includes("nonce")));
    expect(await page.locator("helpline-widget").count()).toBe(0);
    await site.stop();
  });

  test("takes the button away again and again: it stays away, and says so", async () => {
    const { page, said, site } = await comes({}, () => {
      new MutationObserver(() => document.querySelector("helpline-widget")?.remove()).observe(document, { childList: true, subtree: true });
    });
    await until("why", () => ours(said), (all) => all.some((text) => text.includes("keeps removing")));
    expect(await page.locator("helpline-widget").count()).toBe(0);
    await site.stop();
  });

  test("has a language that is a word of every object", async () => {
    const { page, starts, site } = await comes({}, undefined, `data-lang="constructor"`);
    await starts();
    expect(await page.locator("helpline-widget .launcher").getAttribute("aria-label")).toBe("Close the chat");
    await site.stop();
  });
});

test("a page that cannot be started says so, and tries again", async () => {
  const { page } = await openPage(browser, {});
  await page.route("**/assets/en-*.js", (route) => route.abort());
  const again = page.getByRole("button", { name: "The chat could not be loaded. Try again." });
  await page.goto(world.visitorUrl);
  await again.waitFor();
  await page.unroute("**/assets/en-*.js");
  await again.click();
  await page.getByLabel("Your name").waitFor();
  await page.route("**/assets/en-*.js*", (route) => route.abort());
  await page.goto(world.consoleUrl);
  await again.waitFor();
  // An agent's page stays open all day: it comes by itself.
  await page.unroute("**/assets/en-*.js*");
  await page.getByLabel("Display name").waitFor();
});
