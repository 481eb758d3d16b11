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

const KEY = "helpline";

export function recallVisit(): Visit {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "") as Visit;
  } catch {
    return { active: false, open: false };
  }
}

export function rememberVisit(visit: Visit): void {
  try {
    if (visit.active) sessionStorage.setItem(KEY, JSON.stringify(visit));
    else sessionStorage.removeItem(KEY);
  } catch {
    // The chat lives on in this page, it just does not survive the next.
  }
}
