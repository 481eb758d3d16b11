/** Two people talk through two replicas, whatever happens to the road and the servers between them. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, engaged, openBrowser } from "./people";
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

test("a visitor and an agent talk, with marks and typing dots", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await agent.says("Hi, how can I help?");
  await visitor.reads("hello", "Hi, how can I help?");
  await visitor.says("See https://shop.example/orders/1, please 🙂");
  await agent.reads("hello", "Hi, how can I help?", "See https://shop.example/orders/1, please 🙂");
  const link = agent.page.locator(".bubble a");
  expect(await link.getAttribute("href")).toBe("https://shop.example/orders/1");
  expect(await link.getAttribute("rel")).toContain("noopener");
  await visitor.page.locator(".message.seen").waitFor();
  await agent.page.locator(".composer textarea").pressSequentially("one");
  await visitor.page.locator(".typing").waitFor();
  await visitor.leaves();
  await agent.leaves();
});

test("what people write is text, never markup", async () => {
  const { visitor, agent } = await engaged(browser, world, "<b>Mina</b>");
  const nasty = `<img src=x onerror="document.title='owned'"> javascript:alert(1) <script>1</script>`;
  await visitor.says(nasty);
  await agent.reads("hello", nasty);
  expect(await agent.page.locator(".bubble :is(img, a, script)").count()).toBe(0);
  await visitor.leaves();
  await agent.leaves();
});

test("a reload brings the same chat back, drafts included", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await agent.says("one");
  await visitor.reads("hello", "one");
  await visitor.page.locator(".composer textarea").fill("half a sen");
  await visitor.page.reload();
  await visitor.reads("hello", "one");
  expect(await visitor.page.locator(".composer textarea").inputValue()).toBe("half a sen");
  await agent.page.locator(".composer textarea").fill("an answer");
  await agent.page.reload();
  await agent.reads("hello", "one");
  expect(await agent.page.locator(".composer textarea").inputValue()).toBe("an answer");
  await agent.page.locator(".composer textarea").press("Enter");
  await visitor.reads("hello", "one", "an answer");
  await visitor.leaves();
  await agent.leaves();
});

test("the server of one is killed in mid-talk: nothing is lost or doubled", async () => {
  const { visitor, agent } = await engaged(browser, world);
  const said = ["hello"];
  for (let number = 1; number <= 12; number++) {
    said.push(`message ${number}`);
    await visitor.says(`message ${number}`);
    if (number === 6) await world.chatServers[0].stop();
  }
  await visitor.isDone();
  await agent.reads(...said);
  await visitor.reads(...said);
  await agent.says("I have it all");
  await visitor.reads(...said, "I have it all");
  await world.chatServers[0].start();
  await visitor.leaves();
  await agent.leaves();
});

test("offline and back: what was written meanwhile is sent, what was missed arrives", async () => {
  const { visitor, agent } = await engaged(browser, world);
  await visitor.context.setOffline(true);
  await visitor.sees("You are offline. Your text is safe.");
  await visitor.says("written offline");
  await visitor.page.locator(".message.waiting").waitFor();
  await agent.says("missed offline");
  await agent.isDone();
  await visitor.context.setOffline(false);
  await visitor.reads("hello", "missed offline", "written offline");
  await agent.reads("hello", "missed offline", "written offline");
  await visitor.leaves();
  await agent.leaves();
});

test("the network dies half-way through a send: the text is kept and sent once", async () => {
  const { visitor, agent } = await engaged(browser, world);
  world.visitorsRoad.swallow();
  await visitor.says("into the void");
  await visitor.page.locator(".message.sending, .message.waiting").waitFor();
  world.visitorsRoad.cut();
  await visitor.page.locator(".message.waiting").waitFor();
  await visitor.page.goto("about:blank");
  world.visitorsRoad.restore();
  await visitor.page.goto(world.visitorUrl);
  await agent.reads("hello", "into the void");
  await visitor.reads("hello", "into the void");
  await visitor.leaves();
  await agent.leaves();
});

test("a restart of every server needs no reload", async () => {
  const { visitor, agent } = await engaged(browser, world);
  const services = [...world.chatServers, ...world.subscribers];
  await Promise.all(services.map((service) => service.stop("SIGTERM")));
  await agent.sees("Reconnecting…");
  await Promise.all(services.map((service) => service.start()));
  await until("the connection", () => agent.page.locator(".connection").textContent(), (text) => text?.includes("Connected") ?? false, 30_000);
  await visitor.says("still here");
  await agent.reads("hello", "still here");
  await visitor.leaves();
  await agent.leaves();
});

test("laptops that slept for minutes come back to the same chats and queue, without a gap or a double", async () => {
  const { visitor, agent } = await engaged(browser, world);
  // What a sleeping machine leaves behind: connections that look open and are dead.
  for (const road of [world.visitorsRoad, world.agentsRoad, world.feedRoad]) road.strand();
  const [fresh, colleague] = [await Visitor.opens(browser, world), await Agent.comes(browser, world, "Omar")];
  await fresh.starts("Siti", "came meanwhile");
  await colleague.seesWaiting("Siti");
  await visitor.page.locator(".composer textarea").fill("half a sen");
  await agent.wakesAfter(5);
  await agent.seesWaiting("Siti");
  await agent.says("are you there?");
  await agent.isDone();
  expect(await visitor.page.getByText("are you there?").count()).toBe(0);
  await visitor.wakesAfter(5);
  await visitor.reads("hello", "are you there?");
  expect(await visitor.page.locator(".composer textarea").inputValue()).toBe("half a sen");
  await visitor.page.locator(".composer textarea").press("Enter");
  await agent.reads("hello", "are you there?", "half a sen");
  await agent.accepts("Siti");
  for (const person of [visitor, agent, fresh, colleague]) await person.leaves();
});

test("a message longer than one may be arrives in pieces, whole", async () => {
  const { visitor, agent } = await engaged(browser, world);
  const long = Array.from({ length: 700 }, (_, word) => `word-${word}`).join(" ");
  await visitor.says(long);
  await visitor.isDone();
  const heard = await until("the pieces", () => agent.page.locator(".bubble").allTextContents(), (seen) => seen.slice(1).join(" ") === long);
  expect(heard.length).toBeGreaterThan(2);
  await visitor.leaves();
  await agent.leaves();
});

test("two tabs of one visitor are one visitor", async () => {
  const { visitor, agent } = await engaged(browser, world);
  const tab = await visitor.context.newPage();
  await tab.goto(world.visitorUrl);
  const second = new Visitor(visitor.context, tab, visitor.errors);
  await second.reads("hello");
  await second.says("from the second tab");
  await visitor.reads("hello", "from the second tab");
  await agent.reads("hello", "from the second tab");
  await visitor.leaves();
  await agent.leaves();
});

test("an agent who was unknown to the visitor is named", async () => {
  const agent = await Agent.comes(browser, world, "王芳");
  const visitor = await Visitor.opens(browser, world, "/c?name=Nur&topic=Returns");
  expect(await visitor.page.getByLabel("Your name").inputValue()).toBe("Nur");
  await visitor.sees(/It is about: Returns/);
  await visitor.page.getByRole("button", { name: "Start chat" }).click();
  await agent.accepts("Nur");
  await visitor.sees("You are talking to 王芳");
  await visitor.leaves();
  await agent.leaves();
});
