/** Times and durations as people write them, in the page's language. */
import { currentLanguage } from "./i18n";

let offsetMs = 0;

/** The server's clock minus this machine's: "today" is a question to the server's. */
export function setClockOffset(ms: number): void {
  offsetMs = ms;
}

export const serverNow = (): number => Date.now() + offsetMs;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${currentLanguage()} ${name}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(currentLanguage(), options)));
  return made;
}

/** "14:02" or "2:02 PM". */
export function clockTime(at: number): string {
  return format("time", { hour: "numeric", minute: "2-digit" }).format(at);
}

export function fullTime(at: number): string {
  return format("full", { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** The first moment of the day so many days after the one of `at`: a day has 23, 24 or 25 hours. */
export function dayAfter(at: number, days: number): number {
  const day = new Date(at);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime();
}

/** "Today", "Yesterday" or the date. */
export function dayName(at: number, now = serverNow()): string {
  const relative = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" });
  const capital = (text: string) => text.charAt(0).toLocaleUpperCase(currentLanguage()) + text.slice(1);
  if (isSameDay(at, now)) return capital(relative.format(0, "day"));
  if (isSameDay(at, dayAfter(now, -1))) return capital(relative.format(-1, "day"));
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return isThisYear ? format("day", { weekday: "long", day: "numeric", month: "long" }).format(at) : dateName(at);
}

/** The date with its year, which says the same whenever it is read. */
export function dateName(at: number): string {
  return format("date", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(at);
}

/** "0:25", "12:05", "1:02:05". */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (part: number) => String(part).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
