/**
 * The little that hand-written views need: making elements, keeping keyed lists, and one clock. The visitor page is
 * loaded by phones on other people's sites, so it carries no framework; the console, which does, uses the same views
 * for the conversation itself.
 */

type Child = Node | string | false | undefined;
type Props<K extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[K], "style" | "children" | "form" | "list" | "dataset">
> & {
  /** Attributes that have no property of the same name, such as `aria-label`. */
  attrs?: Record<string, string | undefined>;
};

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props<K> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  // Both have been properties in every browser for a short time only; as attributes they are understood by all.
  const { attrs, role, ariaLabel, ...rest } = props as Props<"div">;
  Object.assign(element, rest);
  const attributes = { role: role ?? undefined, "aria-label": ariaLabel ?? undefined, ...attrs };
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) setAttribute(element, name, value);
  element.append(...children.filter((child) => child !== false && child !== undefined));
  return element;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Writes a text only if it changed, so that a live region speaks only about news. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** An icon of the one set. It is decoration: what it stands for is said in words beside it. */
export function icon(svg: string, size = 20): HTMLElement {
  const holder = h("span", { className: "icon", innerHTML: svg, attrs: { "aria-hidden": "true" } });
  holder.style.setProperty("--size", `${size}px`);
  return holder;
}

export function iconButton(svg: string, label: string, onclick: () => void): HTMLButtonElement {
  return h("button", { type: "button", className: "icon-button", title: label, onclick, attrs: { "aria-label": label } }, icon(svg));
}

/** The children of `parent` between its other content, one for each item, moved as little as possible. */
export class KeyedList<T extends { key: string }> {
  #nodes = new Map<string, { item: T; node: HTMLElement }>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly make: (item: T) => HTMLElement,
    private readonly renew: (node: HTMLElement, item: T, before: T) => void,
  ) {}

  /** Looks at everything that is shown, in no certain order. */
  each(look: (node: HTMLElement, item: T) => void): void {
    for (const { node, item } of this.#nodes.values()) look(node, item);
  }

  show(items: readonly T[]): void {
    const keys = new Set(items.map((item) => item.key));
    for (const [key, { node }] of this.#nodes) {
      if (keys.has(key)) continue;
      node.remove();
      this.#nodes.delete(key);
    }
    let place = this.parent.firstChild;
    for (const item of items) {
      const known = this.#nodes.get(item.key);
      const node = known?.node ?? this.make(item);
      if (known) this.renew(node, item, known.item);
      this.#nodes.set(item.key, { item, node });
      if (node === place) place = place.nextSibling;
      else this.parent.insertBefore(node, place);
    }
  }
}

/** Calls `tick` each second until the returned function is called. */
export function everySecond(tick: () => void): () => void {
  const timer = setInterval(tick, 1_000);
  return () => clearInterval(timer);
}
