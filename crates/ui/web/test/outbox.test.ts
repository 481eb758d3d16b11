import { expect, test } from "vitest";
import { splitContent } from "../src/client/outbox";

const bytes = (text: string) => new TextEncoder().encode(text).length;

test("text within the limit is one message, without its outer blanks", () => {
  expect(splitContent("  hello\nthere  ", 4096)).toEqual(["hello\nthere"]);
  expect(splitContent(" \n ", 4096)).toEqual([]);
});

test("long text is cut between words and nothing of it is lost", () => {
  const text = Array.from({ length: 900 }, (_, word) => `word${word}`).join(" ");
  const pieces = splitContent(text, 1_000);
  expect(pieces.every((piece) => bytes(piece) <= 1_000)).toBe(true);
  expect(pieces.join(" ")).toBe(text);
});

test("a limit in bytes holds for every script and never splits a character", () => {
  const chinese = "您好我想问一下".repeat(300);
  const pieces = splitContent(chinese, 4096);
  expect(pieces.every((piece) => bytes(piece) <= 4096)).toBe(true);
  expect(pieces.join("")).toBe(chinese);
  const family = "👨‍👩‍👧‍👦";
  for (const piece of splitContent(family.repeat(100), 200)) expect(piece.replaceAll(family, "")).toBe("");
});

test("one endless character is cut all the same", () => {
  const endless = `a${"\u0301".repeat(5_000)}`;
  const pieces = splitContent(endless, 4096);
  expect(pieces.join("")).toBe(endless);
  expect(pieces.every((piece) => bytes(piece) <= 4096)).toBe(true);
});
