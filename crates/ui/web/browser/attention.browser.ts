/** An agent who looks elsewhere is told: by sound, in the title, by a notification. Each can be muted, and stays so. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, openBrowser } from "./people";
import { until } from "./until";
import { World } from "./world";

interface Notice {
  title: string;
  body: string;
  click(): void;
}

/** What the page asked of the browser. */
interface Asked {
  tones: number[];
  notices: Notice[];
}

declare global {
  interface Window {
    asked: Asked;
  }
}

const [SOUND_OF_VISITOR, SOUND_OF_MESSAGE] = [[660, 880], [740]];

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.start({ settings: { CHAT__LEAVE_GRACE: "1s" } });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  const agent = await Agent.comes(browser, world, "Sweeper");
  await agent.seesWaiting();
  await agent.leaves();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** An agent in another window, whose browser writes down what it is asked for; and answers this about notifications. */
async function elsewhere(permission: NotificationPermission = "granted"): Promise<Agent> {
  const agent = await Agent.comes(browser, world, "Vika");
  await agent.page.addInitScript((answer) => {
    const asked: Asked = (window.asked = { tones: [], notices: [] });
    document.hasFocus = () => false;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) {
      asked.tones.push(this.frequency.value);
      start.call(this, when);
    };
    class Stub {
      static permission = answer;
      static requestPermission = async () => answer;
      onclick: (() => void) | undefined;
      constructor(title: string, { body = "" }: NotificationOptions = {}) {
        asked.notices.push({ title, body, click: () => this.onclick?.() });
      }
      close(): void {}
    }
    Object.assign(window, { Notification: Stub });
  }, permission);
  await reload(agent);
  return agent;
}

/** Whoever waits before the desk is open is no news, and a browser lets a page sound only after a touch. */
async function reload(agent: Agent): Promise<void> {
  await agent.page.reload();
  await agent.sees("No one is waiting");
  await agent.page.getByLabel("Search").click();
}

const asked = (agent: Agent): Promise<Asked> => agent.page.evaluate(() => JSON.parse(JSON.stringify(window.asked)));
const tones = async (agent: Agent) => (await asked(agent)).tones;
const notices = async (agent: Agent) => (await asked(agent)).notices;

/** Hears nothing but this. */
async function hears(agent: Agent, expected: number[]): Promise<void> {
  await until("the tones", () => tones(agent), (heard) => heard.length >= expected.length);
  expect(await tones(agent)).toEqual(expected);
}

async function flips(agent: Agent, ...labels: string[]): Promise<void> {
  await agent.page.getByRole("button", { name: "Settings" }).click();
  for (const label of labels) await agent.page.getByLabel(label).click();
  await agent.page.keyboard.press("Escape");
}

async function comes(name: string): Promise<Visitor> {
  const visitor = await Visitor.opens(browser, world, "/c/Delivery");
  await visitor.starts(name);
  return visitor;
}

test("a new visitor and a new message sound different, and the title counts them", async () => {
  const agent = await elsewhere();
  const title = await agent.page.title();
  const counts = (count: number) => until("the title", () => agent.page.title(), (text) => text === `(${count}) ${title}`);
  const mina = await comes("Mina");
  await hears(agent, SOUND_OF_VISITOR);
  await counts(1);
  await agent.accepts("Mina");
  await until("the title", () => agent.page.title(), (text) => text === title);
  const omar = await comes("Omar");
  await hears(agent, [...SOUND_OF_VISITOR, ...SOUND_OF_VISITOR]);
  await counts(1);
  await mina.says("are you there?");
  await hears(agent, [...SOUND_OF_VISITOR, ...SOUND_OF_VISITOR, ...SOUND_OF_MESSAGE]);
  await counts(2);
  await mina.leaves();
  await omar.leaves();
  await agent.leaves();
});

test("notifications come once they are wanted, and a click on one leads to the chat", async () => {
  const agent = await elsewhere();
  const quiet = await comes("Quiet");
  await agent.seesWaiting("Quiet");
  expect(await notices(agent)).toEqual([]);
  await agent.accepts("Quiet");
  await flips(agent, "Notification for a new visitor", "Notification for a new message");
  const mina = await comes("Mina");
  await until("a notice", () => notices(agent), (all) => all.length === 1);
  expect(await notices(agent)).toEqual([{ title: "Mina is waiting", body: "Delivery" }]);
  await agent.page.keyboard.press("Alt+n");
  await agent.page.getByRole("region", { name: "Chat with Mina" }).waitFor();
  await quiet.says("are you there?");
  await until("a notice", () => notices(agent), (all) => all.length === 2);
  expect((await notices(agent))[1]).toEqual({ title: "Quiet", body: "are you there?" });
  await agent.page.evaluate(() => window.asked.notices[1]?.click());
  await agent.page.getByRole("region", { name: "Chat with Quiet" }).waitFor();
  for (const person of [quiet, mina, agent]) await person.leaves();
});

test("a browser that forbids notifications is named as the reason", async () => {
  const agent = await elsewhere("denied");
  await agent.page.getByRole("button", { name: "Settings" }).click();
  await agent.page.getByLabel("Notification for a new message").click();
  await agent.sees("This browser does not allow notifications for this page.");
  expect(await agent.page.getByLabel("Notification for a new message").isChecked()).toBe(false);
  await agent.leaves();
});

const MUTES = [
  { mute: "Sound for a new visitor", tones: SOUND_OF_MESSAGE, notices: ["Mina is waiting", "Mina"] },
  { mute: "Sound for a new message", tones: SOUND_OF_VISITOR, notices: ["Mina is waiting", "Mina"] },
  { mute: "Notification for a new visitor", tones: [...SOUND_OF_VISITOR, ...SOUND_OF_MESSAGE], notices: ["Mina"] },
  { mute: "Notification for a new message", tones: [...SOUND_OF_VISITOR, ...SOUND_OF_MESSAGE], notices: ["Mina is waiting"] },
];

for (const { mute, ...expected } of MUTES) {
  test(`muted, and still muted after a reload: ${mute}`, async () => {
    const agent = await elsewhere();
    await flips(agent, "Notification for a new visitor", "Notification for a new message");
    await flips(agent, mute);
    await reload(agent);
    const mina = await comes("Mina");
    await agent.accepts("Mina");
    await mina.says("are you there?");
    await agent.reads("are you there?");
    expect(await tones(agent)).toEqual(expected.tones);
    expect((await notices(agent)).map(({ title }) => title)).toEqual(expected.notices);
    await mina.leaves();
    await agent.leaves();
  });
}
