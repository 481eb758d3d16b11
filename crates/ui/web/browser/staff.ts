/** Members of staff: who they are, made over the API, and how they come to the desk. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { Agent, openPage } from "./people";
import { World, type Wishes } from "./world";

export const ADMIN = { email: "admin@kestrel.example", password: "a password for tests" };

/** An installation whose first admin is known. */
export function startWorld(settings: Wishes["settings"] = {}): Promise<World> {
  return World.start({ settings: { ADMIN__EMAIL: ADMIN.email, ADMIN__PASSWORD: ADMIN.password, ...settings } });
}

export interface Person {
  id: string;
  name: string;
  email: string;
  password: string;
}

/** The API, as the admin of the installation. */
export class Office {
  private constructor(
    private readonly world: World,
    private readonly token: string,
  ) {}

  static async opens(world: World): Promise<Office> {
    const response = await fetch(`${world.agentsRoad.url}/staff/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(ADMIN),
    });
    if (!response.ok) throw new Error(`the admin cannot sign in: ${response.status} ${await response.text()}`);
    return new Office(world, ((await response.json()) as { token: string }).token);
  }

  async hires(name: string, role = "agent", supervisorId?: string): Promise<Person> {
    const email = `${name.toLowerCase().replaceAll(/\W/g, ".")}@kestrel.example`;
    const { account, password } = (await this.asks("POST", "/staff/accounts", { name, email, role, ...(supervisorId ? { supervisorId } : {}) })) as {
      account: { id: string };
      password: string;
    };
    return { id: account.id, name, email, password };
  }

  async asks(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.world.agentsRoad.url + path, {
      method,
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${this.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }
}

/** Comes to the desk with an account. */
export async function signsIn(browser: Browser, world: World, who: { email: string; password: string }, options: BrowserContextOptions = {}): Promise<Agent> {
  const { context, page, errors } = await openPage(browser, options);
  await page.goto(world.consoleUrl);
  const agent = new Agent(context, page, errors);
  const link = page.getByRole("button", { name: "Sign in with an account" });
  await page.locator("form").waitFor();
  if (await link.isVisible()) await link.click();
  await fillsIn(agent, who);
  await page.getByText("Connected").waitFor({ state: "attached" });
  return agent;
}

/** Fills in the sign-in form. */
export async function fillsIn({ page }: Agent, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel("E-mail").fill(who.email);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Goes to a page of the console. */
export async function goesTo({ page }: Agent, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { name, level: 2 }).waitFor();
}
