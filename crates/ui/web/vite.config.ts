import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { locales } from "./scripts/locales.ts";

/** The visitor page (also inside the widget's frame) and the console. */
export default defineConfig({
  plugins: [svelte(), locales()],
  build: {
    outDir: "../dist/site",
    emptyOutDir: true,
    // What imports what, for the size budget; it is not served.
    manifest: true,
    target: "es2022",
    // The pages' Content-Security-Policy allows no inlined data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { visitor: "visitor.html", console: "console.html" } },
  },
});
