/** Where an address ends, and what a name may be. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { register } from "../src/client/http";
import { isJustEmoji, linkify } from "../src/shared/linkify";
import { fittingTopic, nameProblem } from "../src/visitor/checks";

const links = (text: string) => linkify(text).flatMap((part) => (part.href ? [part.text] : []));

describe("an address ends where the sentence goes on", () => {
  const MARKS = [..."，。、；：！？…「」『』【】〔〕《》〈〉（）“”‘’«»‹›„‚—―～〜｜＂＇｡､｢｣·・\u200b\u202e\u3000\u00a0`\"'<>™👍"];

  test.each(MARKS)("at %s", (mark) => {
    for (const address of ["https://shop.example/a", "https://shop.example", "www.shop.example/x?q=1", "mailto:ann@shop.example", "ann@shop.example"]) {
      for (const text of [`看 ${address}${mark}请看`, `${address}${mark}`, `${address}${mark} and more`, `${address}${mark}，`]) {
        expect(links(text), text).toEqual([address]);
        expect(linkify(text).map((part) => part.text).join("")).toBe(text);
      }
    }
  });

  test("at a dash or a quote, but not inside a word", () => {
    expect(links("https://wiki.example/Michelson–Morley, https://shop.example/a–然后 https://shop.example/b– no")).toEqual([
      "https://wiki.example/Michelson–Morley",
      "https://shop.example/a",
      "https://shop.example/b",
    ]);
  });

  test("at a bracket that it did not open", () => {
    for (const [open, close] of ["()", "[]", "{}", "（）", "「」", "『』", "【】", "《》", "“”", "«»", "‘’"]) {
      expect(links(`see ${open}https://shop.example/a${close} there`), open).toEqual(["https://shop.example/a"]);
      expect(links(`see ${open}https://shop.example/a.${close}.`), open).toEqual(["https://shop.example/a"]);
    }
    expect(links("https://wiki.example/x_(y)_(z)). https://a.example/?f[]=1&g={b}]")).toEqual(["https://wiki.example/x_(y)_(z)", "https://a.example/?f[]=1&g={b}"]);
    expect(links("https://shop.example(see below) https://shop.example/a（限时优惠） https://wiki.example/苹果（公司）")).toEqual([
      "https://shop.example",
      "https://shop.example/a",
      "https://wiki.example/苹果（公司）",
    ]);
  });

  test("at words of another script right behind the host", () => {
    expect(links("https://shop.example请看 www.shop.example请看")).toEqual(["https://shop.example", "www.shop.example"]);
    expect(links("https://例え.テスト/道")).toEqual(["https://例え.テスト/道"]);
  });
});

test("e-mail addresses open a letter, and nothing else hides in them", () => {
  const hrefs = (text: string) => linkify(text).flatMap((part) => part.href ?? []);
  expect(hrefs("联系ann@shop.example。 or MAILTO:bob@shop.example?subject=Order%201!")).toEqual(["mailto:ann@shop.example", "mailto:bob@shop.example?subject=Order%201"]);
  for (const text of ["mailto:", "mailto:ann", "@shop.example", "ann@shop", "https://bank.example@evil.example/", "https://:x@evil.example/", "javascript:alert(1)//ann@", "xmailto:"]) {
    expect(hrefs(text), text).toEqual([]);
  }
});

test("a long line is looked through in no time", () => {
  const began = performance.now();
  for (const text of ["a".repeat(40_000), "a.".repeat(20_000), "a@".repeat(20_000), `https://x.example/${"(".repeat(20_000)}`, "www.".repeat(10_000), "a@a.".repeat(10_000)]) linkify(text);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("only what is drawn in colours of its own stands larger", () => {
  for (const text of ["✔", "❤", "©", "™", "☎", "↔", "✔✔", "1", "#"]) expect(isJustEmoji(text), text).toBe(false);
  for (const text of ["✔️", "❤️", "👍", "🇫🇷", "👨‍👩‍👧‍👦 🎉"]) expect(isJustEmoji(text), text).toBe(true);
});

describe("a name", () => {
  afterEach(() => vi.unstubAllGlobals());

  const asked: string[] = [];
  const stub = (status: number) => {
    asked.length = 0;
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(new URL(url, "http://desk").pathname);
      return Promise.resolve(new Response("{}", { status }));
    });
  };

  test.each([".", "..", " .. ", "\ud83d", "Mina\ude00", "a\tb"])("%j is refused in words", async (name) => {
    stub(404);
    expect(nameProblem(name)).toBe("visitor.nameUnusable");
    if (name !== "a\tb") expect(await register("http://desk", name.trim(), {})).toBe("invalid_name");
    if (name !== "a\tb") expect(asked).toEqual([]);
  });

  test.each(["...", "a/b", "../x", "100%", "%2e%2e", "a\\b", "?", "#1", "李雷", "👍🏽".repeat(32)])("%j stands whole in the path", async (name) => {
    stub(200);
    expect(nameProblem(name)).toBeUndefined();
    await register("http://desk", name, {});
    expect(asked.map((path) => path.split("/").length)).toEqual([4]);
    expect(decodeURIComponent(asked[0]?.split("/").at(-1) ?? "")).toBe(name);
  });

  test("is counted as the server counts", () => {
    expect(nameProblem("🙂".repeat(64))).toBeUndefined();
    for (const name of ["", "  ", "🙂".repeat(65), "x".repeat(65)]) expect(nameProblem(name), name).toBe("visitor.nameProblem");
  });

  test("with a slash that a proxy will not take is no network fault", async () => {
    stub(404);
    expect(await register("http://desk", "a/b", {})).toBe("invalid_name");
    expect(await register("http://desk", "Mina", {})).toBe("unavailable");
  });
});

test("a link's topic is cut to what the server takes", () => {
  expect(fittingTopic(" Returns\n\u0007 and \ud83d more ")).toBe("Returns and  more");
  expect([...(fittingTopic("🙂".repeat(200)) ?? "")].length).toBe(120);
  for (const nothing of [undefined, "", " \n "]) expect(fittingTopic(nothing)).toBeUndefined();
});
