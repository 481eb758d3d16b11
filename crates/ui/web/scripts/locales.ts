/**
 * A Vite plugin: `virtual:texts/<page>` is a map from language to a loader of that page's texts, so that a visitor's
 * phone never loads the console's words. Pages share the section "common".
 */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const FOLDER = fileURLToPath(new URL("../locales/", import.meta.url));
const PREFIX = "virtual:texts/";

const languages = () => readdirSync(FOLDER).filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));

export function locales(): Plugin {
  return {
    name: "helpline-locales",
    resolveId(id) {
      return id.startsWith(PREFIX) ? `\0${id}` : undefined;
    },
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const [page = "", language] = id.slice(PREFIX.length + 1).split("/");
      if (!language) {
        const entries = languages().map((each) => `${JSON.stringify(each)}: () => import("${PREFIX}${page}/${each}")`);
        return `export default {${entries.join(",")}};`;
      }
      const file = `${FOLDER}${language}.json`;
      this.addWatchFile(file);
      const texts = JSON.parse(readFileSync(file, "utf8"));
      return `export default ${JSON.stringify({ common: texts.common, [page]: texts[page] })};`;
    },
  };
}
