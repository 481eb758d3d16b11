import { defineConfig } from "vitest/config";

/** Tests in a real browser against the real services. One file at a time: each starts an installation of its own. */
export default defineConfig({
  test: {
    include: ["browser/**/*.browser.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
