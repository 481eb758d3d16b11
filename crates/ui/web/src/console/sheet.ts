/** What a sheet does with the focus, and how it knows that somebody has written in it. */

type Field = HTMLInputElement | HTMLTextAreaElement;

/** What is only looked for or kept secret is no loss. */
const NO_WORDS = ["search", "password", "checkbox", "radio", "hidden", "date", "number", "submit", "button"];

/** Knows what stood in each field when somebody first came to it. */
export class Written {
  #before = new WeakMap<Field, string>();

  begin = ({ target }: FocusEvent): void => {
    if (isField(target) && !this.#before.has(target)) this.#before.set(target, target.value);
  };

  /** Whether words stand in there that were not there before. */
  isIn(place: HTMLElement): boolean {
    return [...place.querySelectorAll("input, textarea")].some((field) => {
      if (!isField(field) || NO_WORDS.includes(field.type)) return false;
      const before = this.#before.get(field);
      return before !== undefined && field.value !== before && field.value.trim() !== "";
    });
  }
}

function isField(target: EventTarget | null): target is Field {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/** Where one begins to write or to choose, or else the first thing there is to press. */
export function firstField(place: HTMLElement): HTMLElement | undefined {
  const fields = place.querySelectorAll<HTMLElement>("input:not([type=hidden], :disabled), textarea:not(:disabled), select:not(:disabled)");
  const buttons = place.querySelectorAll<HTMLElement>(":not(header) > button:not(:disabled)");
  return [...fields, ...buttons].find((each) => each.checkVisibility?.() ?? true);
}

/** Focuses the first field of what has just come into the page. */
export function focusFirst(place: HTMLElement): void {
  firstField(place)?.focus();
}

/** Gives the focus back where it was, unless something else has it by now; where that is gone, to the page itself. */
export function returnFocus(opener: Element | null): void {
  requestAnimationFrame(() => {
    const { activeElement } = document;
    if (activeElement && activeElement !== document.body) return;
    const back = opener instanceof HTMLElement && opener !== document.body && opener.isConnected ? opener : document.querySelector<HTMLElement>("main");
    back?.focus();
  });
}
