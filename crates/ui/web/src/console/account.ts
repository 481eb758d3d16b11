/** Who is at the desk, and whose memory of this browser it is. */
import type { Staff } from "../client/staff";

/** Who is at the desk: signed in, with a token of the customer's platform, or under a name only. */
export interface Agent {
  name: string;
  /** The newest token. */
  token?: () => string;
  staff?: Staff;
}

/** Whose memory of this browser it is. */
export function accountOf({ staff, token, name }: Agent): string {
  if (staff) return `account-${staff.me.id}`;
  const claimed = token && userIn(token());
  return claimed ? `token-${claimed}` : `name-${name}`;
}

/** A token says whose it is; it is read for comfort only, the server is who checks it. */
function userIn(jwt: string): string {
  try {
    const body = jwt.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "";
    const claims = JSON.parse(atob(body)) as Record<string, unknown>;
    return String(claims.userId ?? claims.user_id ?? claims.id ?? "");
  } catch {
    return "";
  }
}
