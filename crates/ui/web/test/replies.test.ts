import { expect, test } from "vitest";
import type { CannedReply } from "../src/client/staff";
import { chooseText, fillIn, findReplies, guessLanguage, wantedReply } from "../src/console/replies/replies";

const reply = (name: string, text: Record<string, string>): CannedReply => ({ _id: name, name, text, is_active: true, selected: false });
const greet = reply("greet", { EN: "Good day {visitor}", FR: "Bonjour {visitor}" });
const returns = reply("returns", { EN: "Send it back within 30 days; a good greeting" });

test("a reply is looked for while the text begins with a slash and has one line", () => {
  for (const [draft, wanted] of [["/", ""], ["/gre", "gre"], ["hello /gre", undefined], ["", undefined], ["/a\nb", undefined]] as const) {
    expect(wantedReply(draft), draft).toBe(wanted);
  }
});

test("names come before texts, and every word has to be there", () => {
  const names = (wanted: string) => findReplies([returns, greet], wanted).map(({ name }) => name);
  expect(names("")).toEqual(["greet", "returns"]);
  expect(names("gree")).toEqual(["greet", "returns"]);
  expect(names("30 DAYS")).toEqual(["returns"]);
  expect(names("days greet nothing")).toEqual([]);
});

test("the visitor's language comes first, whatever is there comes last", () => {
  expect(chooseText(greet, [undefined, "fr-CA", "en"]).text).toBe("Bonjour {visitor}");
  expect(chooseText(greet, ["zh", "en"]).text).toBe("Good day {visitor}");
  expect(chooseText(reply("x", { DE: "Guten Tag" }), ["zh", "en"]).text).toBe("Guten Tag");
  expect(guessLanguage("请问")).toBe("zh");
  expect(guessLanguage("いつですか")).toBe("ja");
  expect(guessLanguage("hello")).toBeUndefined();
});

test("only the two names are filled in, and once", () => {
  expect(fillIn("{visitor} and {agent}, {other}", { visitor: "{agent}", agent: "Vika" })).toBe("{agent} and Vika, {other}");
});
