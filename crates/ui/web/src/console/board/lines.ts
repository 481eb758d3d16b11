/** A watched chat's lines as a thread shows them. */
import type { Line, NoteKind } from "../../client/transcript";
import type { DeskChat, DeskLine, NoteText } from "../../client/staff-desk-wire";
import { t } from "../../shared/i18n";

const NOTES: Record<NoteText, NoteKind> = {
  requested: "requested",
  claimed: "agentJoined",
  taken_over: "takenOver",
  assigned: "assigned",
  released: "released",
  left: "agentLeft",
  ended: "ended",
};

export function threadLines(lines: readonly DeskLine[], { username }: DeskChat): Line[] {
  return lines.flatMap((line) => toLine(line, username ?? t("common.visitor")) ?? []);
}

function toLine(line: DeskLine, visitor: string): Line | undefined {
  const { seq } = line;
  const [key, at] = [`${line.kind}-${seq}`, Date.parse(line.at)];
  switch (line.kind) {
    case "message": {
      const { from, content } = line;
      return { kind: "message", key, seq, from, content, at, name: line.name ?? (from === "User" ? visitor : t("console.agent")) };
    }
    case "whisper":
      return { kind: "whisper", key, seq, by: line.by, content: line.content, at };
    case "note":
      return noteLine(line.text, line.name, { key, at, afterSeq: seq }, visitor);
    default:
      // A newer server's.
      return undefined;
  }
}

function noteLine(text: NoteText, name: string | undefined, where: { key: string; at: number; afterSeq: number }, visitor: string): Line | undefined {
  const known = NOTES[text];
  if (!known) return undefined;
  const what = known === "ended" && name ? "endedBy" : known;
  return { kind: "note", ...where, what, name: name ?? (text === "requested" ? visitor : t("console.agent")) };
}
