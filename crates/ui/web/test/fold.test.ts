import { expect, test } from "vitest";
import { findReplies } from "../src/console/replies/replies";
import { finds, fold } from "../src/shared/fold";
import { groups } from "../../../../tests/golden/search.json";

test("a search finds what its table says and nothing else", () => {
  const seen = new Map<string, number>();
  groups.forEach((group, number) => {
    for (const text of group) {
      expect(fold(text), text).toBe(fold(group[0] ?? ""));
      expect(fold(fold(text)), text).toBe(fold(text));
      expect(seen.get(fold(text)) ?? number, text).toBe(number);
      seen.set(fold(text), number);
    }
  });
});

test("every search field goes by it", () => {
  for (const group of groups) {
    for (const text of group) {
      const wanted = group[0] ?? "";
      expect(finds(` ${wanted} `, undefined, `so: ${text}.`), text).toBe(true);
      const reply = { name: text, text: { en: "x" } } as never;
      expect(findReplies([reply], wanted), text).toHaveLength(1);
    }
  }
  expect(finds("  ", "anything")).toBe(true);
  expect(finds("x", undefined, null, "y")).toBe(false);
});
