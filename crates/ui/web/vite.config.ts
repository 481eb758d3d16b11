import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { icons } from "./scripts/icons.ts";
import { locales } from "./scripts/locales.ts";
import { preload } from "./scripts/preload.ts";

/** The visitor page (also inside the widget's frame) and the console. */
export default defineConfig({
  plugins: [svelte(), locales(), icons(), preload()],
  build: {
    outDir: "../dist/site",
    emptyOutDir: true,
    // What imports what, for the size budget; it is not served.
    manifest: true,
    target: "es2022",
    // The pages' Content-Security-Policy allows no inlined data.
    assetsInlineLimit: 0,
    modulePreload: {
      polyfill: false,
      // A part that is loaded later asks for its style beforehand and for no code: a browser remembers what it could not
      // preload as lost for good, and then no second try would help (src/shared/retriable.ts).
      resolveDependencies: (_file, needed, { hostType }) => (hostType === "html" ? needed : needed.filter((each) => each.endsWith(".css"))),
    },
    rolldownOptions: { input: { visitor: "visitor.html", console: "console.html" } },
  },
});
