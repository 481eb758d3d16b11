/** Fails if a language lacks a text, has one too many, or forgets a `{slot}`. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../locales/", import.meta.url));
const slots = (text) => [...new Set(String(text).match(/\{\w+\}/g) ?? [])].sort().join(" ");
const read = (file) => {
  const flat = new Map();
  for (const [section, entries] of Object.entries(JSON.parse(readFileSync(folder + file, "utf8")))) {
    for (const [name, text] of Object.entries(entries)) {
      flat.set(`${section}.${name}`, slots(typeof text === "string" ? text : text.other));
    }
  }
  return flat;
};

const english = read("en.json");
const complaints = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const other = read(file);
  for (const [key, wanted] of english) {
    if (!other.has(key)) complaints.push(`${file}: ${key} is missing`);
    else if (other.get(key) !== wanted) complaints.push(`${file}: ${key} has slots "${other.get(key)}", not "${wanted}"`);
  }
  for (const key of other.keys()) if (!english.has(key)) complaints.push(`${file}: ${key} is unknown`);
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
