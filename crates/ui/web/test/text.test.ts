/** Text is measured and cut the same way in every browser, and no half character goes out. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { splitContent } from "../src/client/outbox";
import { byteLength, charactersOver, graphemes, toJson, wellFormed } from "../src/client/text";
import { isJustEmoji } from "../src/shared/linkify";

const FAMILY = "👨‍👩‍👧‍👦";

afterEach(() => vi.unstubAllGlobals());

describe.each(["with", "without"])("%s Intl.Segmenter", (has) => {
  const prepare = () => {
    if (has === "without") vi.stubGlobal("Intl", Object.fromEntries(Object.getOwnPropertyNames(Intl).flatMap((name) => (name === "Segmenter" ? [] : [[name, Intl[name as keyof typeof Intl]]]))));
  };

  test("a character is what a person sees as one", () => {
    prepare();
    for (const one of ["a", "e\u0301", FAMILY, "👍🏽", "🇫🇷", "❤️", "1️⃣", "\r\n", "👩🏽‍🚀"]) expect([...graphemes(one)], one).toEqual([one]);
    expect([...graphemes(`🇫🇷🇩🇪a${FAMILY}`)]).toEqual(["🇫🇷", "🇩🇪", "a", FAMILY]);
    expect([...graphemes("")]).toEqual([]);
  });

  test("long text is cut between characters, and nothing of it is lost", () => {
    prepare();
    for (const piece of splitContent(FAMILY.repeat(100), 200)) expect(piece.replaceAll(FAMILY, "")).toBe("");
    const chinese = "您好我想问一下".repeat(900);
    const pieces = splitContent(chinese, 4096);
    expect(pieces.every((piece) => byteLength(piece) <= 4096)).toBe(true);
    expect(pieces.join("")).toBe(chinese);
    expect(isJustEmoji(`${FAMILY}🎉`)).toBe(true);
  });

  test("what is too long is said in characters", () => {
    prepare();
    expect(charactersOver("好".repeat(1365), 4096)).toBe(0);
    expect(charactersOver("好".repeat(1366), 4096)).toBe(1);
    expect(charactersOver(FAMILY.repeat(10), byteLength(FAMILY) * 8)).toBe(2);
  });
});

test("half a character becomes a sign that every reader takes", () => {
  expect(wellFormed("a\ud83d b\ude00 🙂")).toBe("a\ufffd b\ufffd 🙂");
  expect(toJson({ args: { content: "\ud83d", list: ["\ude00"] } })).toBe(`{"args":{"content":"\ufffd","list":["\ufffd"]}}`);
  expect(splitContent("ok \ud83d", 4096)).toEqual(["ok \ufffd"]);
});
