/** What the launcher keeps in the site's own storage, beside whatever the site has there. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { recallVisit, rememberVisit } from "../src/widget/visit";

let items: Map<string, string>;

beforeEach(() => {
  items = new Map();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  });
});
afterEach(() => vi.unstubAllGlobals());

const visit = { active: true, open: true, unread: 2, kept: { "helpline.chat": "{}" } };

test("a running visit is kept until it is over and nothing of it is left", () => {
  rememberVisit({ active: false, open: true });
  expect(items.size).toBe(0);
  rememberVisit(visit);
  expect([...items.keys()]).toEqual(["helpline"]);
  expect(recallVisit()).toEqual(visit);
  rememberVisit({ ...visit, active: false });
  expect(recallVisit()).toEqual({ ...visit, active: false });
  rememberVisit({ active: false, open: false, kept: {} });
  expect(items.size).toBe(0);
});

test.each(["42", "null", "true", `"x"`, "{}", "[1]", "", "not json", `{"active":1,"open":true}`, `{"active":"true"}`])("what a site keeps under the same name stays: %s", (text) => {
  items.set("helpline", text);
  expect(recallVisit()).toEqual({ active: false, open: false });
  rememberVisit(visit);
  expect(recallVisit()).toEqual(visit);
  expect(items.get("helpline")).toBe(text);
  rememberVisit({ active: false, open: false });
  expect([...items]).toEqual([["helpline", text]]);
});

test("a site that comes later takes its name, and the visit moves", () => {
  rememberVisit(visit);
  items.set("helpline", "theirs");
  rememberVisit(visit);
  expect(recallVisit()).toEqual(visit);
  items.delete("helpline");
  rememberVisit({ ...visit, unread: 0 });
  expect(recallVisit().unread).toBe(0);
  expect([...items.keys()]).toEqual(["helpline"]);
});

test("what every object has is nothing of the visit's", () => {
  const polluted = Object.prototype as unknown as Record<string, unknown>;
  Object.assign(polluted, { active: true, open: true, unread: 9 });
  items.set("helpline", `{"active":false}`);
  const recalled = recallVisit();
  for (const name of ["active", "open", "unread"]) delete polluted[name];
  expect(recalled).toEqual({ active: false, open: false, unread: 0, kept: {} });
});

test("a blocked storage is no error", () => {
  vi.stubGlobal("sessionStorage", undefined);
  expect(recallVisit()).toEqual({ active: false, open: false });
  expect(() => rememberVisit(visit)).not.toThrow();
});
