/** What really goes over the wire: compressed as the build made it, with what lets a browser keep it. */
import { request, type IncomingHttpHeaders } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, openPage } from "./people";
import { Site } from "./site";
import { until } from "./until";
import { World } from "./world";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Asks as it says, and hands over what came as it came. */
function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

const DECODED: Record<string, (body: Buffer) => Buffer> = { br: brotliDecompressSync, gzip: gunzipSync };

test("each page and each of its files is compressed, known again, and answers HEAD as it answers GET", async () => {
  for (const home of [world.visitorUrl, world.consoleUrl]) {
    const html = (await ask(home)).body.toString();
    const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? "");
    expect(files.length).toBeGreaterThan(2);
    const paths = ["/", ...files, ...(home === world.visitorUrl ? ["/widget.js", "/embed", "/c/Billing"] : [])];
    for (const path of paths) {
      const plain = await ask(home + path);
      expect([plain.status, plain.headers["content-encoding"]], path).toEqual([200, undefined]);
      const tags = new Set([plain.headers.etag]);
      for (const [encoding, decode] of Object.entries(DECODED)) {
        const accept = { "accept-encoding": encoding };
        const answer = await ask(home + path, accept);
        // What does not become smaller is sent as it is.
        if (plain.body.length < 200 && !answer.headers["content-encoding"]) continue;
        expect(answer.headers["content-encoding"], path).toBe(encoding);
        expect(decode(answer.body).equals(plain.body), path).toBe(true);
        expect(answer.headers.vary?.toLowerCase(), path).toContain("accept-encoding");
        expect(answer.headers["last-modified"], path).toBeTruthy();
        tags.add(answer.headers.etag);
        const head = await ask(home + path, accept, "HEAD");
        const told = ({ headers: { date: _date, ...rest } }: Answer) => rest;
        expect([head.status, told(head), head.body.length], path).toEqual([200, told(answer), 0]);
        expect(head.headers["content-length"], path).toBe(String(answer.body.length));
        const validators: Record<string, string>[] = [{ "if-none-match": answer.headers.etag ?? "" }, { "if-none-match": `"x", W/${answer.headers.etag}` }, { "if-modified-since": answer.headers["last-modified"] ?? "" }];
        for (const known of validators) {
          for (const method of ["GET", "HEAD"]) {
            const again = await ask(home + path, { ...accept, ...known }, method);
            expect([again.status, again.body.length, again.headers.etag], path).toEqual([304, 0, answer.headers.etag]);
          }
        }
        expect((await ask(home + path, { "if-none-match": answer.headers.etag ?? "" })).status, path).toBe(200);
      }
      if (plain.body.length >= 200) expect(tags.size, path).toBe(3);
    }
  }
});

/** The bytes of all bodies that a page loads until it is quiet. */
async function weight(url: string, ready: string, only: (url: string) => boolean = () => true): Promise<{ bytes: number; plain: string[] }> {
  const { context, page } = await openPage(browser, {});
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const urls = new Map<string, string>();
  const plain: string[] = [];
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, response }) => {
    urls.set(requestId, response.url);
    const isText = /javascript|css|html/.test(response.mimeType);
    const isCompressed = Object.keys(response.headers).some((name) => name.toLowerCase() === "content-encoding");
    if (only(response.url) && isText && !isCompressed) plain.push(response.url);
  });
  session.on("Network.dataReceived", ({ requestId, encodedDataLength }) => {
    if (only(urls.get(requestId) ?? "")) bytes += encodedDataLength;
  });
  await page.goto(url);
  await page.locator(ready).first().waitFor();
  await page.waitForLoadState("networkidle");
  await context.close();
  return { bytes, plain };
}

test("a phone on somebody else's site loads little", async () => {
  const visitor = await weight(world.visitorUrl, "form");
  expect(visitor.plain).toEqual([]);
  expect(visitor.bytes).toBeGreaterThan(10 * 1024);
  expect(visitor.bytes).toBeLessThan(30 * 1024);
  const desk = await weight(world.consoleUrl, "form");
  expect(desk.plain).toEqual([]);
  expect(desk.bytes).toBeLessThan(80 * 1024);
  const site = await Site.start(world.visitorUrl);
  const launcher = await weight(site.url, "helpline-widget .launcher", (url) => url.startsWith(world.visitorUrl));
  expect(launcher.plain).toEqual([]);
  expect(launcher.bytes).toBeGreaterThan(1024);
  expect(launcher.bytes).toBeLessThan(5 * 1024);
  await site.stop();
});

test("what is known is not loaded again", async () => {
  const { page } = await openPage(browser, {});
  await page.goto(world.visitorUrl);
  await page.locator("form").first().waitFor();
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (response.url() === `${world.visitorUrl}/`) statuses.push(response.status());
  });
  await page.goto("about:blank");
  await page.goto(world.visitorUrl);
  await page.locator("form").first().waitFor();
  await until("the page", () => statuses, (seen) => seen.length > 0);
  const sizes = await page.evaluate(() => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/assets/")).map((entry) => (entry as PerformanceResourceTiming).transferSize));
  expect(sizes.length).toBeGreaterThan(2);
  expect(sizes.every((size) => size === 0)).toBe(true);
});
