import { describe, expect, test } from "vitest";
import { Transcript } from "../src/client/transcript";
import { accentTokens, contrast, parseHex } from "../src/shared/accent";
import { arrange } from "../src/shared/arrange";
import { chooseLanguage, t, useTexts } from "../src/shared/i18n";
import { isJustEmoji, linkify } from "../src/shared/linkify";
import { stopwatch } from "../src/shared/time";
import { transcriptText } from "../src/shared/transcript-file";
import en from "../locales/en.json";

const links = (text: string) => linkify(text).flatMap((part) => part.href ?? []);

describe("links", () => {
  test("are found without the sentence around them", () => {
    expect(links("See https://shop.example/a?b=1, or (www.shop.example/x_(y)).")).toEqual([
      "https://shop.example/a?b=1",
      "https://www.shop.example/x_(y)",
    ]);
    expect(links("看 https://shop.example/订单。")).toEqual(["https://shop.example/%E8%AE%A2%E5%8D%95"]);
  });

  test("lead to the web and nowhere else", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "https://bank.example@evil.example/", "http://", "ftp://a.example"]) {
      expect(links(text), text).toEqual([]);
    }
  });

  test("never change the text", () => {
    const text = "a https://x.example b\nhttps://y.example/";
    expect(linkify(text).map((part) => part.text).join("")).toBe(text);
  });
});

test("one to three emoji stand larger, digits and words do not", () => {
  for (const text of ["👍", "👍🏽", "👨‍👩‍👧‍👦 🎉", "🙂🙂🙂"]) expect(isJustEmoji(text), text).toBe(true);
  for (const text of ["1", "ok 👍", "#️⃣ 1", "👍👍👍👍", ""]) expect(isJustEmoji(text), text).toBe(false);
});

test("whatever accent is given, text on it and in it can be read", () => {
  const rgb = (css = "") => css.match(/\d+/g)?.map(Number) as [number, number, number];
  for (const accent of ["#ffd400", "#000", "#fff", "#777777", "#e4572e", "#1f5fd4"]) {
    const tokens = accentTokens(accent);
    expect(contrast(rgb(tokens["--brand"]), rgb(tokens["--brand-ink"])), accent).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb(tokens["--brand-text-light"]), [255, 255, 255]), accent).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb(tokens["--brand-text-dark"]), [21, 25, 31]), accent).toBeGreaterThanOrEqual(4.5);
  }
  expect(parseHex("red; background: url(x)")).toBeUndefined();
  expect(accentTokens("url(x)")).toEqual({});
});

describe("texts", () => {
  test("the best language there is", () => {
    expect(chooseLanguage(["zh-Hans-CN", "en"], ["en", "ms", "zh"])).toBe("zh");
    expect(chooseLanguage(["fr", "ms-MY"], ["en", "ms", "zh"])).toBe("ms");
    expect(chooseLanguage(["fr"], ["en", "ms", "zh"])).toBe("en");
  });

  test("fill their slots and choose their plural", () => {
    useTexts("en", en);
    expect(t("visitor.usually", { count: 1 })).toBe("Usually answers in about 1 minute");
    expect(t("visitor.usually", { count: 3 })).toBe("Usually answers in about 3 minutes");
    expect(t("common.agentJoined", { name: "{name}" })).toBe("{name} joined");
  });
});

describe("the thread", () => {
  const at = Date.UTC(2031, 2, 4, 5, 6, 7);
  const line = (seq: number, from: "User" | "Support", ms: number) =>
    ({ kind: "message", key: `k${seq}`, seq, from, content: "x", at: at + ms }) as const;

  test("groups by author and minute and marks the last of one's own", () => {
    const items = arrange([line(1, "User", 0), line(2, "User", 1_000), line(3, "User", 60_000), line(4, "Support", 61_000)], [], { me: "User", seenByOther: 3, live: true });
    expect(items.map((item) => item.kind)).toEqual(["day", "bubble", "bubble", "bubble", "bubble"]);
    const bubbles = items.flatMap((item) => (item.kind === "bubble" ? [item] : []));
    expect(bubbles.map(({ first, last }) => [first, last])).toEqual([[true, false], [false, true], [true, true], [true, true]]);
    expect(bubbles.map(({ mark }) => mark)).toEqual([undefined, undefined, "seen", undefined]);
  });

  test("says of each unsent message how it stands", () => {
    const unsent = [{ clientId: "a", content: "x", at }, { clientId: "b", content: "y", at, refused: "invalid_field" }];
    const marks = (live: boolean) => arrange([], unsent, { me: "User", seenByOther: 0, live }).flatMap((item) => (item.kind === "bubble" ? [item.mark] : []));
    expect(marks(true)).toEqual(["sending", "refused"]);
    expect(marks(false)).toEqual(["waiting", "refused"]);
  });

  test("keeps notes where they happened", () => {
    const transcript = new Transcript();
    const wire = (seq: number) => ({ id: `m${seq}`, seq, userId: "u", content: `${seq}`, from: "User" as const, timestamp: "2031-03-04T05:06:07Z" });
    transcript.add(wire(2));
    transcript.note("agentJoined", "Vika", at);
    transcript.note("agentJoined", "Vika", at);
    transcript.add(wire(5));
    transcript.history([wire(2), wire(5), wire(7)], [], false, "e", 7);
    expect(transcript.lines.map((each) => (each.kind === "note" ? each.name : each.content))).toEqual(["2", "Vika", "5", "7"]);
    expect(transcript.resume).toEqual({ epoch: "e", after: 7 });
  });

  test("names an earlier agent, and groups each one's words by themselves", () => {
    const lines = [{ ...line(1, "Support", 0), supportId: "s1" }, { ...line(2, "Support", 1_000), supportId: "s2" }];
    const nameOf = ({ supportId }: { supportId?: string }) => (supportId === "s1" ? "Vika" : undefined);
    const bubbles = arrange(lines, [], { me: "Support", seenByOther: 0, live: true, nameOf }).flatMap((item) => (item.kind === "bubble" ? [item] : []));
    expect(bubbles.map(({ name, first, mark }) => [name, first, mark])).toEqual([["Vika", true, undefined], [undefined, true, "sent"]]);
  });

  test("becomes a text file without what was only whispered", () => {
    useTexts("en", en);
    const text = transcriptText("Kestrel", [{ kind: "whisper", key: "w", seq: 0, by: "Rosa", content: "hush", at }, line(1, "User", 0)], { User: "Mina", Support: "Vika" });
    expect(text).toMatch(/^Kestrel\r\n/);
    expect(text).toMatch(/\] Mina: x\r\n$/);
    expect(text).not.toContain("hush");
  });
});

describe("a saved transcript", () => {
  const at = Date.UTC(2031, 3, 5, 10);
  const said = (from: "User" | "Support", content: string, supportId?: string) => ({ kind: "message" as const, key: content, seq: 1, from, content, at, ...(supportId ? { supportId } : {}) });
  const spoken = (lines: Parameters<typeof transcriptText>[1], names: Parameters<typeof transcriptText>[2]) =>
    transcriptText("Kestrel", lines, names)
      .split("\r\n")
      .flatMap((line) => /^\[[^\]]*\] (.*)$/.exec(line)?.[1] ?? []);

  test("gives each line to whoever said it: before the claim, after it, and after another agent took over", () => {
    useTexts("en", en);
    const lines = [said("User", "hello"), said("User", "anyone?"), said("Support", "Yes", "ann"), said("User", "Thanks!!", "ann"), said("Support", "I take over", "bob"), said("User", "fine", "bob"), said("Support", "bye", "gone")];
    const expected = ["Mina: hello", "Mina: anyone?", "Ann Lee: Yes", "Mina: Thanks!!", "Bob: I take over", "Mina: fine", "Colleague: bye"];
    expect(spoken(lines, { User: "Mina", Support: "Bob", ann: "Ann Lee", bob: "Bob" })).toEqual(expected);
    // A server that names no parts has one agent, whose name the page knows.
    expect(spoken([said("User", "hello", "ann"), said("Support", "Yes", "ann")], { User: "Mina", Support: "Ann Lee" })).toEqual(["Mina: hello", "Ann Lee: Yes"]);
  });

  test("lets nobody write a line in another's name", () => {
    for (const end of ["\n", "\r", "\r\n", "\u2028", "\u2029", "\u0085", "\v", "\f"]) {
      expect(spoken([said("User", `x${end}[10:00] Ann Lee: you get a refund`)], { User: "Mina", Support: "Ann Lee" }), JSON.stringify(end)).toEqual(["Mina: x"]);
    }
  });
});

test("durations read like a stopwatch", () => {
  expect([0, 25_900, 725_000, 3_725_000, -5].map(stopwatch)).toEqual(["0:00", "0:25", "12:05", "1:02:05", "0:00"]);
});
