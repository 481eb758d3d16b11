/** The small parts of the console that decide something by themselves. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { held } from "../src/console/held";
import { LIMITS, fits, used } from "../src/console/limits";
import { pauseBefore } from "../src/shared/pauses";
import { addressIn, retriable } from "../src/shared/retriable";
import { dayAfter, dayName, dateName } from "../src/shared/time";
import { useTexts } from "../src/shared/i18n";
import en from "../locales/en.json";

describe("a list under a pointer", () => {
  const there: Record<string, string> = { a: "a now", b: "b now", c: "c now" };
  const key = (each: string) => each.slice(0, 1);
  const shown = (items: string[], frozen: string[]) => held(items, frozen, key, (wanted) => there[wanted]).map(({ item, gone }) => (gone ? `${item} gone` : item));

  test("calls nothing gone that only does not fit the filter any more", () => {
    expect(shown(["a now"], ["a", "b", "x"])).toEqual(["a now", "b now", "x gone"]);
    expect(shown([], ["a", "x"])).toEqual(["a now", "x gone"]);
  });
});

test("limits are the server's: bytes where it counts bytes, characters where it counts those", () => {
  expect(used("  订单 ", LIMITS.note)).toBe(6);
  expect(used(" 🙂🙂 ", LIMITS.handOver)).toBe(2);
  for (const [text, limit, isFine] of [
    ["x".repeat(4096), LIMITS.note, true],
    ["x".repeat(4097), LIMITS.note, false],
    ["订".repeat(1365), LIMITS.note, true],
    ["订".repeat(1366), LIMITS.note, false],
    ["🙂".repeat(500), LIMITS.handOver, true],
    ["🙂".repeat(501), LIMITS.handOver, false],
    ["é".repeat(200), LIMITS.tag, true],
    ["é".repeat(65), LIMITS.name, false],
  ] as const) {
    expect(fits(text, limit), `${text.length} letters`).toBe(isFine);
  }
});

test("pauses grow, end growing, and are not the same for everybody", () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => pauseBefore(failures, () => 1));
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(pauseBefore(3, () => 0)).toBe(3_000);
});

test("a file that could not be imported is known by what the browser says of it", () => {
  const at = (text: string) => addressIn(new TypeError(text));
  expect(at("Failed to fetch dynamically imported module: https://desk.example/assets/People-sV_c.js")).toBe("https://desk.example/assets/People-sV_c.js");
  expect(at("error loading dynamically imported module: http://127.0.0.1:9001/assets/Figures-1uEw.js")).toBe("http://127.0.0.1:9001/assets/Figures-1uEw.js");
  expect(at("Unable to preload CSS for /assets/People-C6sD.css")).toBe("/assets/People-C6sD.css");
  expect(at("Importing a module script failed.")).toBeUndefined();
});

test("while the server cannot be reached nothing is imported, and what was imported once is not asked for again", async () => {
  let up = false;
  vi.stubGlobal("fetch", async () => {
    if (!up) throw new TypeError("no network");
    return new Response(null);
  });
  const load = vi.fn(async () => "a page");
  const page = retriable(load);
  await expect(page()).rejects.toThrow("no network");
  expect(load).not.toHaveBeenCalled();
  up = true;
  expect(await page()).toBe("a page");
  up = false;
  expect(await page()).toBe("a page");
  expect(load).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});

describe("days", () => {
  const zone = process.env.TZ;
  const as = (name: string) => void (process.env.TZ = name);
  afterAll(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test("have 23, 24 or 25 hours", () => {
    as("Europe/Berlin");
    const hours = (day: string) => (dayAfter(Date.parse(`${day}T00:00`), 1) - Date.parse(`${day}T00:00`)) / 3_600_000;
    expect(["2031-03-29", "2031-03-30", "2031-10-26"].map(hours)).toEqual([24, 23, 25]);
    as("Asia/Singapore");
    expect(["2031-03-30", "2031-10-26"].map(hours)).toEqual([24, 24]);
  });

  test("are called today and yesterday by the calendar, also in the nights after the clocks change", () => {
    useTexts("en", en);
    as("Europe/Berlin");
    for (const [said, now, name] of [
      ["2031-03-04T23:59", "2031-03-04T23:59:59", "Today"],
      ["2031-03-04T23:59", "2031-03-05T00:00", "Yesterday"],
      // The day before had 23 hours: a day ago is the day before that one.
      ["2031-03-29T23:30", "2031-03-31T00:10", "Saturday 29 March"],
      ["2031-03-30T12:00", "2031-03-31T00:10", "Yesterday"],
      // The day before had 25 hours: a day ago is still today.
      ["2031-10-25T23:30", "2031-10-26T23:50", "Yesterday"],
      ["2031-10-26T00:10", "2031-10-27T00:30", "Yesterday"],
      ["2030-12-31T12:00", "2031-01-02T12:00", "Tuesday, 31 December 2030"],
    ] as const) {
      const told = dayName(Date.parse(said), Date.parse(now));
      // How a language orders a date is the browser's business.
      const parts = (text: string) => text.split(/\W+/).sort().join(" ");
      expect(parts(told), `${said} at ${now}`).toBe(parts(name));
    }
    expect(dateName(Date.parse("2031-03-04T12:00"))).toContain("2031");
  });
});

test("a browser without a session store, without letters' segments or with notifications that throw goes on", async () => {
  vi.resetModules();
  vi.stubGlobal("sessionStorage", {
    getItem: () => { throw new Error("SecurityError"); },
    setItem: () => { throw new Error("SecurityError"); },
    removeItem: () => { throw new Error("SecurityError"); },
  });
  const { memory } = await import("../src/console/memory");
  expect(memory.token()).toBeUndefined();
  memory.keepToken("jwt");
  expect(memory.token()).toBe("jwt");
  memory.forgetToken();
  expect(memory.token()).toBeUndefined();

  class Throwing {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor() {
      throw new TypeError("Illegal constructor");
    }
  }
  vi.stubGlobal("window", { Notification: Throwing });
  vi.stubGlobal("Notification", Throwing);
  vi.stubGlobal("document", { visibilityState: "hidden", hasFocus: () => false });
  vi.stubGlobal("addEventListener", () => {});
  const { Notifier } = await import("../src/console/notifier");
  const notifier = new Notifier();
  expect(await notifier.permit()).toBe(false);
  const settings = { ...memory.settings(), requestNotice: true, messageNotice: true };
  notifier.request({ participant: "User", userId: "u", chatId: "c" }, settings);
  notifier.message("c", "Mina", "hello", settings, () => {});
  vi.unstubAllGlobals();
});
