import { defineConfig } from "vite";

/** The launcher: one classic script of a fixed name, which any page may load. */
export default defineConfig({
  build: {
    outDir: "../dist/site",
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: "src/widget/widget.ts",
      output: { format: "iife", entryFileNames: "widget.js" },
    },
  },
});
