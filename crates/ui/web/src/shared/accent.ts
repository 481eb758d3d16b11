/**
 * A customer's accent colour, made readable. Whatever colour is given, text on it and text in it keep a contrast of
 * 4.5:1, because the page computes what goes with it instead of trusting the giver.
 */

type Rgb = [number, number, number];

const ENOUGH = 4.5;
const LIGHT_SURFACE: Rgb = [243, 244, 247];
const DARK_SURFACE: Rgb = [28, 33, 41];
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** `#rgb` or `#rrggbb`; anything else is no colour. */
export function parseHex(text: string): Rgb | undefined {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!digits) return undefined;
  const full = digits.length === 3 ? Array.from(digits, (digit) => digit + digit).join("") : digits;
  const at = (index: number) => parseInt(full.slice(index, index + 2), 16);
  return [at(0), at(2), at(4)];
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The colour, moved towards `towards` only as far as it must be to be read on `surface`. */
function readable(colour: Rgb, surface: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = colour.map((part, index) => Math.round(part + ((towards[index] ?? 0) - part) * share)) as Rgb;
    if (contrast(mixed, surface) >= ENOUGH) return mixed;
  }
  return towards;
}

const css = ([red, green, blue]: Rgb) => `rgb(${red} ${green} ${blue})`;

/** Those of them that the launcher needs. */
export function brandTokens(accent: string): Record<string, string> {
  const colour = parseHex(accent);
  if (!colour) return {};
  return { "--brand": css(colour), "--brand-ink": css(contrast(colour, WHITE) >= ENOUGH ? WHITE : BLACK) };
}

/** The custom properties for an accent; empty if it is no colour. */
export function accentTokens(accent: string): Record<string, string> {
  const colour = parseHex(accent);
  if (!colour) return {};
  return {
    ...brandTokens(accent),
    "--brand-text-light": css(readable(colour, LIGHT_SURFACE, BLACK)),
    "--brand-text-dark": css(readable(colour, DARK_SURFACE, WHITE)),
  };
}

/** Sets the accent for the whole page. */
export function applyAccent(accent: string | undefined): void {
  for (const [name, value] of Object.entries(accentTokens(accent ?? ""))) {
    document.documentElement.style.setProperty(name, value);
  }
}
