/** Token mode: staff need a token, visitors get theirs by registering, and a refusal is told from a lost network. */
import { createHmac } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Visitor, openBrowser } from "./people";
import { World } from "./world";

const SECRET = "a secret for tests, long enough";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start({ settings: { AUTH__JWT_SECRET: SECRET } });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

function token(claims: object, secret = SECRET): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const id = "5f0c1b1f2d3e4a5b8c7d6e5f4a3b2c1d";
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ userId: id, user_id: id, id, permissions: [], iat: now, exp: now + 3600, ...claims })}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

async function signIn(jwt: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(world.consoleUrl);
  await page.getByRole("button", { name: "Use a token instead" }).click();
  await page.getByLabel("Staff token").fill(jwt);
  await page.getByRole("button", { name: "Go to the desk" }).click();
  return page;
}

test("an agent with a token is at the desk under the name it says, also after a reload", async () => {
  const page = await signIn(token({ role: "agent", username: "Vika" }));
  await page.getByText("Connected").waitFor();
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "hello");
  await page.getByRole("button", { name: "Accept Mina" }).click();
  await visitor.sees("You are talking to Vika");
  await page.reload();
  await page.locator(".composer textarea").pressSequentially("hi");
  await page.keyboard.press("Enter");
  await visitor.reads("hello", "hi");
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("eyJ");
});

test("a token that is no staff's is refused in words", async () => {
  for (const bad of [token({ role: "agent", username: "Eve" }, "another secret, just as long"), token({ role: "visitor", username: "Eve" })]) {
    const page = await signIn(bad);
    await page.getByText("The server does not take this token any more.").waitFor();
    await page.getByLabel("E-mail").waitFor();
  }
});
