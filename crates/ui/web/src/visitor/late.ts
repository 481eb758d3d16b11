/** What a visit needs when it has begun, and not to begin: one file, loaded then (late-parts.ts). */
export { Leave } from "./leave";
export { makeRating } from "./rating";
