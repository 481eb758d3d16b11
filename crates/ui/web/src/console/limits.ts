/** The server's limits of what is written in forms. Most count bytes of UTF-8: a Chinese letter is three, an emoji four. */

export const LIMITS = {
  note: { bytes: 4096 },
  handOver: { characters: 500 },
  tag: { characters: 200 },
  name: { characters: 64 },
  topic: { characters: 120 },
  email: { characters: 254 },
  /** All that the server takes in one request, its own words aside. */
  reply: { bytes: 64_000 },
} as const;

export type Limit = { bytes: number } | { characters: number };

const encoder = new TextEncoder();

/** How much of its limit a text takes, white space around it aside. */
export function used(text: string, limit: Limit): number {
  const trimmed = text.trim();
  return "bytes" in limit ? encoder.encode(trimmed).length : [...trimmed].length;
}

export function most(limit: Limit): number {
  return "bytes" in limit ? limit.bytes : limit.characters;
}

export function fits(text: string, limit: Limit): boolean {
  return used(text, limit) <= most(limit);
}
