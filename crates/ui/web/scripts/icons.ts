/**
 * A Vite plugin: of an icon's file only what is drawn. Its layout, its class and its name space say nothing inside a
 * page; whose icons they are, and under which licence, each page says once, in its HTML.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const ICON = /lucide-static\/icons\/[\w-]+\.svg(?=\?(?:own&)?raw$)/;

export function compactIcon(svg: string): string {
  return svg
    .replace(/<!--[^]*?-->/g, "")
    .replace(/\s+(?:class|xmlns|width|height)="[^"]*"(?=[^<]*viewBox)/g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?(\/?>) ?/g, "$1")
    .trim();
}

export function icons(): Plugin {
  return {
    name: "helpline-icons",
    enforce: "pre",
    load(id) {
      if (!ICON.test(id)) return undefined;
      return `export default ${JSON.stringify(compactIcon(readFileSync(id.slice(0, id.indexOf("?")), "utf8")))};`;
    },
  };
}
