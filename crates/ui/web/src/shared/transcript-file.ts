/** A chat as a plain text file that anyone can open in ten years. */
import type { Line } from "../client/transcript";
import { t } from "./i18n";
import { clockTime, dayName, fullTime, isSameDay } from "./time";

/** Who each side is, and whoever else is known by the id with which they joined. */
type Names = { User: string; Support: string } & Record<string, string>;

export function transcriptText(title: string, lines: readonly Line[], names: Names): string {
  const out = [title, fullTime(Date.now()), ""];
  let day: number | undefined;
  for (const line of lines) {
    // It was said to the agent alone, and a file may be handed on.
    if (line.kind === "whisper") continue;
    if (day === undefined || !isSameDay(day, line.at)) out.push(`--- ${dayName(line.at)} ---`);
    day = line.at;
    if (line.kind === "note") out.push(`[${clockTime(line.at)}] * ${line.text ?? t(`common.${line.what}`, { name: line.name })}`);
    else out.push(`[${clockTime(line.at)}] ${names[line.supportId ?? ""] ?? names[line.from]}: ${line.content.replaceAll("\n", "\n    ")}`);
  }
  return `${out.join("\r\n")}\r\n`;
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
