/** The pages beside the desk: who sees which, and how each is loaded when it is first opened. */
import type { Component } from "svelte";
import type { Role } from "../../client/session";
import type { Staff } from "../../client/staff";
import type { Desk } from "../desk.svelte";
import { retriable } from "../../shared/retriable";

export interface PageProps {
  staff: Staff;
  desk: Desk;
}

const EVERYONE: Role[] = ["agent", "supervisor", "admin"];
const SUPERVISORS: Role[] = ["supervisor", "admin"];
const ADMINS: Role[] = ["admin"];

type Page = { default: Component<PageProps> };
/** Each page takes of these what it needs. */
const page = (load: () => Promise<unknown>) => retriable(load as () => Promise<Page>);

export const PAGES = {
  board: { roles: SUPERVISORS, load: page(() => import("../board/Board.svelte")) },
  "follow-ups": { roles: EVERYONE, load: page(() => import("../follow-ups/FollowUps.svelte")) },
  transcripts: { roles: SUPERVISORS, load: page(() => import("../records/Transcripts.svelte")) },
  figures: { roles: SUPERVISORS, load: page(() => import("../figures/Figures.svelte")) },
  people: { roles: ADMINS, load: page(() => import("../people/People.svelte")) },
  groups: { roles: ADMINS, load: page(() => import("../people/Groups.svelte")) },
  settings: { roles: ADMINS, load: page(() => import("../people/StoredSettings.svelte")) },
  audit: { roles: ADMINS, load: page(() => import("../people/Audit.svelte")) },
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
