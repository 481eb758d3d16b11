/** While canned replies are looked for, nothing that looks for one reaches a visitor. */
import { describe, expect, test, vi } from "vitest";
import { Picker } from "../src/console/replies/picker.svelte";
import type { CannedReply } from "../src/client/staff";

// Outside a component nothing follows a state: a plain value does.
vi.hoisted(() => Object.assign(globalThis, { $state: <T>(value: T) => value }));

const reply = (name: string): CannedReply => ({ _id: name, name, text: { EN: `${name} text` }, is_active: true, selected: false });

function open(draft: string, replies: CannedReply[] | undefined, failed = false) {
  const conversation = { draft, chat: { lines: [] }, name: "Mina", agent: { name: "Vika" }, insert: vi.fn() };
  const picker = new Picker({ replies, failed } as never, conversation as never);
  const press = (key: string, more: object = {}) => picker.key({ key, shiftKey: false, isComposing: false, stopPropagation: () => {}, ...more } as never);
  return { conversation, picker, press };
}

describe("Enter on /word", () => {
  const states: [string, CannedReply[] | undefined, boolean][] = [
    ["loading", undefined, false],
    ["that could not be loaded", undefined, true],
    ["empty", [], false],
    ["without one that fits", [reply("greet")], false],
  ];
  for (const [what, replies, failed] of states) {
    test(`sends nothing while the list is ${what}, and says so`, () => {
      const { conversation, picker, press } = open("/refund", replies, failed);
      expect(press("Enter")).toBe(true);
      expect(picker.held()).toBe(true);
      expect(picker.isUnsent).toBe(true);
      expect(conversation.insert).not.toHaveBeenCalled();
      conversation.draft = "/refunds";
      expect(picker.isUnsent).toBe(false);
      // Escape makes it a message like any other.
      expect(press("Escape")).toBe(true);
      expect(picker.held()).toBe(false);
      expect(press("Enter")).toBe(false);
    });
  }

  test("takes the chosen reply, by the button as by the key", () => {
    for (const send of ["key", "button"]) {
      const { conversation, picker, press } = open("/gre", [reply("greet")]);
      expect(send === "key" ? press("Enter") : picker.held()).toBe(true);
      expect(conversation.insert).toHaveBeenCalledWith("greet text");
      expect(picker.isUnsent).toBe(false);
    }
  });

  test("of an input method belongs to the input method", () => {
    const { press } = open("/refund", []);
    expect(press("Enter", { isComposing: true })).toBe(false);
  });
});

test("what only has a / somewhere is a message", () => {
  for (const draft of ["and/or", " /x", "/a\nb", ""]) expect(open(draft, []).picker.held(), JSON.stringify(draft)).toBe(false);
});
