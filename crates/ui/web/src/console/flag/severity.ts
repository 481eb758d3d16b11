/** How urgent a flagged chat is, in plain words. A flag may count further than 2; it is urgent all the same. */
import type { TextKey } from "../../shared/i18n";

export const SEVERITIES = [0, 1, 2] as const;

export function severityWord(severity: number): TextKey {
  if (severity <= 0) return "console.flag_none";
  return severity === 1 ? "console.flag_attention" : "console.flag_urgent";
}
