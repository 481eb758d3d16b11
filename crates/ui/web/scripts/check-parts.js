/**
 * Fails the build when a part that is loaded later needs a file that is not there with its page. A part that could not be
 * had is asked for again under another name (src/shared/retriable.ts); what it imports in turn is not, and a browser goes
 * on calling that lost.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const manifest = JSON.parse(readFileSync(fileURLToPath(new URL("../../dist/site/.vite/manifest.json", import.meta.url)), "utf8"));

/** Whatever comes at once with what is named. */
function closure(name, found = new Set()) {
  if (!found.has(name)) {
    found.add(name);
    for (const each of manifest[name].imports ?? []) closure(each, found);
  }
  return found;
}

/** Whatever can be loaded later from there, at once or in turn. */
function later(names, found = new Set()) {
  for (const part of [...names].flatMap((name) => manifest[name].dynamicImports ?? [])) {
    if (found.has(part)) continue;
    found.add(part);
    later(closure(part), found);
  }
  return found;
}

for (const html of ["visitor.html", "console.html"]) {
  const there = closure(html);
  for (const part of later(there)) {
    for (const each of closure(part)) {
      if (each === part || there.has(each)) continue;
      console.error(`${html}: ${part}, which is loaded later, needs ${manifest[each].file}, which the page does not have`);
      process.exitCode = 1;
    }
  }
}
