/** Where this script came from, and the tag whose attributes speak to it, however it was loaded. */

export interface Origin {
  dataset: DOMStringMap;
  nonce: string;
  /** Undefined if nothing says it. */
  host: string | undefined;
}

export function findOrigin(): Origin {
  const current = document.currentScript;
  // A module, and what another script loads, has no current script; the place of an error names the file all the same.
  const isTag = current instanceof HTMLScriptElement;
  const url = (isTag && current.src) || /https?:\/\/[^\s()]+\/widget\.js/.exec(new Error().stack ?? "")?.[0];
  const tags = [...document.querySelectorAll<HTMLScriptElement>("script[src], script[data-host]")];
  const find = (fits: (tag: HTMLScriptElement) => unknown) => tags.find(fits);
  const tag = isTag ? current : (find(({ src }) => url && src.startsWith(url)) ?? find((each) => each.hasAttribute("data-host")) ?? find(({ src }) => /\/widget\.js($|[?#])/.test(src)));
  // What a site gives every object is no attribute.
  const dataset = Object.assign(Object.create(null), tag?.dataset) as DOMStringMap;
  return { dataset, nonce: tag?.nonce ?? "", host: originOf(dataset.host) ?? originOf(url || tag?.src) };
}

function originOf(url: string | undefined): string | undefined {
  try {
    const { origin, protocol } = new URL(url ?? "");
    return /^https?:$/.test(protocol) ? origin : undefined;
  } catch {
    return undefined;
  }
}
