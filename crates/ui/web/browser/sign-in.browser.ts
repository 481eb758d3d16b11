/** Signing in: what a reload keeps, how it ends, and that nothing that was written is lost by it. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Agent, Visitor, openBrowser } from "./people";
import { ADMIN, Office, fillsIn, signsIn, startWorld } from "./staff";
import { until } from "./until";
import type { World } from "./world";

let browser: Browser;
let world: World;
let office: Office;

beforeAll(async () => {
  browser = await openBrowser();
  world = await startWorld();
  office = await Office.opens(world);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

test("a reload keeps who is signed in, and the token is in no storage", async () => {
  const vika = await office.hires("Vika Larsen");
  const agent = await signsIn(browser, world, vika);
  await agent.sees("Vika Larsen");
  await agent.page.reload();
  await agent.page.getByText("Connected").waitFor();
  await agent.sees("Vika Larsen");
  const stored = await agent.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain("eyJ");
  expect(await agent.page.evaluate(() => document.cookie)).toBe("");
  await agent.leaves();
});

test("whoever signs out is out, also after a reload", async () => {
  const noor = await office.hires("Noor");
  const agent = await signsIn(browser, world, noor);
  await agent.page.getByRole("button", { name: "Settings" }).click();
  await agent.page.getByRole("button", { name: "Sign out" }).click();
  await agent.page.getByLabel("E-mail").waitFor();
  await agent.page.reload();
  await agent.page.getByRole("button", { name: "Go to the desk" }).waitFor();
  const answer = await agent.page.evaluate(async (url) => (await fetch(`${url}/staff/session/renew`, { method: "POST", credentials: "include", headers: { "X-Helpline": "1" } })).status, world.agentsRoad.url);
  expect(answer).toBe(401);
});

test("a wrong password is told, and after many the form waits", async () => {
  const lee = await office.hires("Lee");
  const agent = await Agent.arrives(browser, world);
  await agent.page.getByRole("button", { name: "Sign in with an account" }).click();
  await fillsIn(agent, { email: lee.email, password: "not the password" });
  await agent.sees("E-mail or password is wrong.");
  const locked = agent.page.getByText(/Try again in \d+ s/);
  await until(
    "the lock-out",
    async () => {
      if (await locked.isVisible()) return true;
      const button = agent.page.getByRole("button", { name: "Sign in", exact: true });
      if (await button.isEnabled()) await fillsIn(agent, { email: lee.email, password: "not the password" }).catch(() => undefined);
      return locked.isVisible();
    },
    (seen) => seen,
    30_000,
  );
  expect(await agent.page.getByRole("button", { name: "Sign in", exact: true }).isDisabled()).toBe(true);
});

test("a disabled account is out within five seconds, and its draft is there when it comes back", async () => {
  const ada = await office.hires("Ada");
  const agent = await signsIn(browser, world, ada);
  const visitor = await Visitor.opens(browser, world);
  await visitor.starts("Mina", "hello");
  await agent.accepts("Mina");
  await agent.page.locator(".composer textarea").pressSequentially("I was about to say");
  await office.asks("PATCH", `/staff/accounts/${ada.id}`, { active: false });
  await until("the sign-in page", () => agent.page.getByText("You have been signed out.").count(), (count) => count === 1, 6_000);
  await office.asks("PATCH", `/staff/accounts/${ada.id}`, { active: true });
  await fillsIn(agent, ada);
  await agent.page.getByRole("region", { name: "Chat with Mina" }).waitFor();
  expect(await agent.page.locator(".composer textarea").inputValue()).toBe("I was about to say");
  await agent.says("");
  await visitor.reads("hello", "I was about to say");
});

test("who changes the password stays at the desk with the new one", async () => {
  const kim = await office.hires("Kim");
  const agent = await signsIn(browser, world, kim);
  const elsewhere = await signsIn(browser, world, kim);
  await agent.page.getByRole("button", { name: "Settings" }).click();
  await agent.page.getByText("Change password").first().click();
  await agent.page.getByLabel("Current password").fill("wrong, but long enough");
  await agent.page.getByLabel("New password").fill("another password");
  await agent.page.getByRole("button", { name: "Change password" }).click();
  await agent.sees("The current password is wrong.");
  await agent.page.getByLabel("Current password").fill(kim.password);
  await agent.page.getByRole("button", { name: "Change password" }).click();
  await elsewhere.sees("You have been signed out.");
  await agent.page.getByText("Connected").waitFor();
  await fillsIn(elsewhere, { email: kim.email, password: "another password" });
  await elsewhere.page.getByText("Connected").waitFor();
});

test("roles see their own pages and no others", async () => {
  const pages = (agent: Agent) => agent.page.getByRole("navigation", { name: "Pages" }).getByRole("link").allTextContents();
  const agent = await signsIn(browser, world, await office.hires("Only Agent"));
  expect(await pages(agent)).toEqual(["Desk", "Follow-ups"]);
  await agent.page.goto(`${world.consoleUrl}/#/people`);
  expect(await agent.page.getByRole("heading", { name: "People" }).count()).toBe(0);
  const supervisor = await signsIn(browser, world, await office.hires("Super Visor", "supervisor"));
  expect(await pages(supervisor)).toEqual(["Desk", "Board", "Follow-ups", "Transcripts", "Figures"]);
  const admin = await signsIn(browser, world, ADMIN);
  expect(await pages(admin)).toEqual(["Desk", "Board", "Follow-ups", "Transcripts", "Figures", "People", "Permission groups", "Settings", "Audit log"]);
});
