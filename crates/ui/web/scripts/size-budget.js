/** Fails the build when a page has grown too heavy. Sizes are what a phone receives, gzip included. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../dist/site/", import.meta.url));
const assets = readdirSync(`${dist}assets`).map((name) => `assets/${name}`);
const size = (file) => gzipSync(readFileSync(dist + file)).length;
const largest = (files) => Math.max(0, ...files.map(size));

/** A page, everything that its HTML names and all that those scripts import, and its largest language. */
function page(html) {
  const found = new Set();
  const follow = (file) => {
    const text = readFileSync(dist + file, "utf8");
    for (const asset of assets) {
      if (found.has(asset) || languages.has(asset) || !text.includes(asset.slice("assets/".length))) continue;
      found.add(asset);
      if (/\.(js|css)$/.test(asset)) follow(asset);
    }
  };
  const languages = new Set(assets.filter((name) => /\/(en|zh|ms)[^/]*\.js$/.test(name)));
  follow(html);
  return [html, ...found].map(size).reduce((sum, bytes) => sum + bytes, 0) + largest([...languages]);
}

const budgets = [
  ["widget.js, loaded by every page of a site", size("widget.js"), 5 * 1024],
  ["the chat that the first click loads", page("visitor.html"), 30 * 1024],
  ["the console", page("console.html"), 80 * 1024],
];
for (const [what, bytes, budget] of budgets) {
  const verdict = bytes <= budget ? "ok" : "TOO LARGE";
  console.log(`${verdict}: ${what}: ${(bytes / 1024).toFixed(1)} KiB of ${budget / 1024} KiB (gzip)`);
  if (bytes > budget) process.exitCode = 1;
}
