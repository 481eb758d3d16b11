/** The pages beside the desk: who sees which, and how each is loaded when it is first opened. */
import type { Component } from "svelte";
import type { Role } from "../../client/session";
import type { Staff } from "../../client/staff";
import type { Desk } from "../desk.svelte";

export interface PageProps {
  staff: Staff;
  desk: Desk;
}

const EVERYONE: Role[] = ["agent", "supervisor", "admin"];
const SUPERVISORS: Role[] = ["supervisor", "admin"];
const ADMINS: Role[] = ["admin"];

type Load = () => Promise<{ default: Component<PageProps> }>;

export const PAGES = {
  board: { roles: SUPERVISORS, load: (() => import("../board/Board.svelte")) as Load },
  "follow-ups": { roles: EVERYONE, load: (() => import("../follow-ups/FollowUps.svelte")) as Load },
  transcripts: { roles: SUPERVISORS, load: (() => import("../records/Transcripts.svelte")) as Load },
  figures: { roles: SUPERVISORS, load: (() => import("../figures/Figures.svelte")) as Load },
  people: { roles: ADMINS, load: (() => import("../people/People.svelte")) as Load },
  groups: { roles: ADMINS, load: (() => import("../people/Groups.svelte")) as Load },
  settings: { roles: ADMINS, load: (() => import("../people/StoredSettings.svelte")) as Load },
  audit: { roles: ADMINS, load: (() => import("../people/Audit.svelte")) as Load },
} as const;

export type PageName = keyof typeof PAGES;

export function pagesOf(role: Role | undefined): PageName[] {
  if (!role) return [];
  return (Object.keys(PAGES) as PageName[]).filter((name) => PAGES[name].roles.includes(role));
}

/** The page that an address names, `undefined`: the desk. What a role may not see does not exist for it. */
export function pageAt(hash: string, role: Role | undefined): PageName | undefined {
  const name = hash.replace(/^#\/?/, "").split("/")[0];
  return pagesOf(role).find((each) => each === name);
}
