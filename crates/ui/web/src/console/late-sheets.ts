/**
 * The sheets come after the desk, so that the desk is there sooner. The desk asks for them as soon as it is shown: by the
 * time that somebody opens one, or that the network or the server's version changes, they are here.
 */
import { retriable } from "../shared/retriable";

export type Sheets = typeof import("./sheets");

export const loadSheets = retriable<Sheets>(() => import("./sheets"));
