/** A chat as a plain text file that anyone can open in ten years. */
import type { Line, Message } from "../client/transcript";
import { t } from "./i18n";
import { clockTime, dateName, fullTime, isSameDay, serverNow } from "./time";

/** Who each side is, and every agent who is known by the id with which they joined. */
type Names = { User: string; Support: string } & Record<string, string>;

/**
 * Who said it. After a claim the visitor's messages name the agent's part too, so only an agent's own messages are
 * looked up by it; one whose name was never told is a colleague, and not whoever has the chat now.
 */
function speaker({ name, from, supportId }: Message, { User, Support, ...agents }: Names): string {
  if (name) return name;
  if (from === "User") return User;
  if (supportId === undefined || Object.keys(agents).length === 0) return Support;
  return agents[supportId] ?? t("common.colleague");
}

export function transcriptText(title: string, lines: readonly Line[], names: Names): string {
  const out = [title, fullTime(serverNow()), ""];
  let day: number | undefined;
  for (const line of lines) {
    // It was said to the agent alone, and a file may be handed on.
    if (line.kind === "whisper") continue;
    if (day === undefined || !isSameDay(day, line.at)) out.push(`--- ${dateName(line.at)} ---`);
    day = line.at;
    if (line.kind === "note") out.push(`[${clockTime(line.at)}] * ${line.text ?? t(`common.${line.what}`, { name: line.name })}`);
    else out.push(`[${clockTime(line.at)}] ${speaker(line, names)}: ${indented(line.content)}`);
  }
  return `${out.join("\r\n")}\r\n`;
}

/** Whatever ends a line in whichever editor: what somebody wrote never looks like a line of its own. */
function indented(content: string): string {
  return content.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).join("\r\n    ");
}

/** Offers the text to the browser as a file. */
export function saveText(name: string, text: string): void {
  saveBlob(name, new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
}

export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
