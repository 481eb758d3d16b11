/** Looks at a page: takes a picture of it, and asks axe whether everybody can use it. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { BrowserContextOptions, Frame, Page } from "playwright-core";
import { expect } from "vitest";
import { SCREENS } from "./world";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const LOOKS: Record<string, BrowserContextOptions> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

interface Finding {
  id: string;
  impact: string;
  nodes: string[];
}

/** Takes a picture and asks axe about the page and every frame in it. */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true });
  // Animations are part of neither.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.screenshot({ path: `${SCREENS}/${name}.png`, animations: "disabled" });
  for (const frame of page.frames()) {
    if (!(await isShown(frame))) continue;
    const serious = (await findings(frame)).filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious, `axe on ${name}, ${frame.url()}`).toEqual([]);
  }
}

async function isShown(frame: Frame): Promise<boolean> {
  return frame.parentFrame() === null || (await frame.frameElement()).isVisible();
}

async function findings(frame: Frame): Promise<Finding[]> {
  await frame.evaluate(AXE);
  return frame.evaluate(async () => {
    const axe = (window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> } }).axe;
    // Each frame is asked by itself: a frame of another site does not answer to the page around it.
    const { violations } = await axe.run({ iframes: false });
    return violations.map(({ id, impact, nodes }): Finding => ({ id, impact, nodes: nodes.map((node) => node.html) }));
  });
}
