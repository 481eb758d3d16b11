/**
 * A Vite plugin: how a part of a page that is loaded later gets its styles. Vite's own way of it is written for every
 * kind of site and weighs a kilobyte in each page. A style is in the page before its part is; one that could not be had
 * is asked for again at the next try.
 */
import type { Plugin } from "vite";

const HELPER = "\0vite/preload-helper.js";

const CODE = `
const coming = {};
const style = (file) =>
  coming[file] ??= new Promise((done, failed) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/" + file });
    link.onload = done;
    link.onerror = () => {
      coming[file] = undefined;
      link.remove();
      failed(new Error("Unable to load the style " + link.href));
    };
    const known = [...document.querySelectorAll("link[rel=stylesheet]")].some(({ href }) => href === link.href);
    known ? done() : document.head.append(link);
  });
export const __vitePreload = (load, files = []) => Promise.all(files.map(style)).then(load);
`;

export function preload(): Plugin {
  return { name: "helpline-preload", enforce: "pre", load: (id) => (id === HELPER ? CODE : undefined) };
}
