/**
 * What the site's own pages keep of a running chat, so that it is there on the next page: nothing at all until the
 * visitor has spoken, and only for this tab.
 */

export interface Visit {
  active: boolean;
  open: boolean;
  /** Messages that the visitor has not seen: the next page says so before its chat has loaded. */
  unread?: number;
  /** What the frame could not store itself. */
  kept?: Record<string, string>;
}

/** The second for a site that has something of its own under the first. */
const KEYS = ["helpline", "helpline.widget"];

/** A visit as we wrote it. Whatever else stands there is the site's, and is left alone. */
function parse(text: string | null): Visit | undefined {
  try {
    // Own entries only: a site may have given every object more.
    const told = new Map<string, unknown>(Object.entries(JSON.parse(text ?? "") as object));
    if (typeof told.get("active") !== "boolean") return undefined;
    const kept = Object.entries(told.get("kept") ?? {}).filter(([, value]) => typeof value === "string");
    return {
      active: told.get("active") === true,
      open: told.get("open") === true,
      unread: Number(told.get("unread")) || 0,
      kept: Object.fromEntries(kept) as Record<string, string>,
    };
  } catch {
    return undefined;
  }
}

export function recallVisit(): Visit {
  try {
    for (const key of KEYS) {
      const visit = parse(sessionStorage.getItem(key));
      if (visit) return visit;
    }
  } catch {
    // Blocked: each page begins anew.
  }
  return { active: false, open: false };
}

export function rememberVisit(visit: Visit): void {
  try {
    let isKept = !visit.active && Object.keys(visit.kept ?? {}).length === 0;
    for (const key of KEYS) {
      const text = sessionStorage.getItem(key);
      if (text !== null && !parse(text)) continue;
      if (!isKept) sessionStorage.setItem(key, JSON.stringify(visit));
      else if (text !== null) sessionStorage.removeItem(key);
      isKept = true;
    }
  } catch {
    // The chat lives on in this page, it just does not survive the next.
  }
}
