/**
 * Fails the build when a page has grown too heavy. Sizes are those of the very files that the services send to a browser
 * that takes gzip, as every one does; over HTTPS browsers take brotli too, which is smaller.
 */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../../dist/site/", import.meta.url));
const built = new Set(readdirSync(dist, { recursive: true }));
const size = (file) => statSync(dist + (built.has(`${file}.gz`) ? `${file}.gz` : file)).size;
const largest = (files) => Math.max(0, ...files.map(size));

const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, "utf8"));

/** A page as it comes first: its HTML, the scripts and styles that come with it, its largest language. Not what is loaded later. */
function page(html, texts) {
  const found = new Set([html]);
  const follow = (name) => {
    const { file, css = [], imports = [], assets: others = [] } = manifest[name];
    if (found.has(file)) return;
    for (const each of [file, ...css, ...others]) found.add(each);
    imports.forEach(follow);
  };
  follow(html);
  const languages = Object.entries(manifest).filter(([name]) => name.includes(`virtual:texts/${texts}/`));
  return [...found].map(size).reduce((sum, bytes) => sum + bytes, 0) + largest(languages.map(([, { file }]) => file));
}

const budgets = [
  ["widget.js, loaded by every page of a site", size("widget.js"), 5 * 1024],
  ["the chat that the first click loads", page("visitor.html", "visitor"), 30 * 1024],
  ["the console", page("console.html", "console"), 80 * 1024],
];
for (const [what, bytes, budget] of budgets) {
  const verdict = bytes <= budget ? "ok" : "TOO LARGE";
  console.log(`${verdict}: ${what}: ${(bytes / 1024).toFixed(1)} KiB of ${budget / 1024} KiB (gzip)`);
  if (bytes > budget) process.exitCode = 1;
}
