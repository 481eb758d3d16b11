/** Lends the hand-written views of a conversation to Svelte components. */
import { untrack } from "svelte";
import type { Attachment } from "svelte/attachments";
import type { Line } from "../client/transcript";
import { t } from "../shared/i18n";
import { Composer } from "../shared/parts/composer";
import { Now } from "../shared/parts/now";
import { Thread } from "../shared/parts/thread";
import type { Conversation } from "./conversation.svelte";

/** Makes a view once, lets it follow the conversation's state, and takes it away with its component. */
function lend<V extends { element: HTMLElement; destroy?(): void }>(make: () => V, follow: (view: V) => void): Attachment<HTMLElement> {
  return (place) => {
    const view = untrack(make);
    place.append(view.element);
    $effect(() => follow(view));
    return () => {
      view.destroy?.();
      view.element.remove();
    };
  };
}

export function thread(conversation: Conversation, isWatched: () => boolean): Attachment<HTMLElement> {
  const { retry, discard } = conversation;
  const atEnd = () => isWatched() && conversation.sawEverything();
  const label = () => t("console.conversationWith", { name: conversation.name });
  return lend(
    () => new Thread({ me: "Support", label: label(), atEnd, retry, discard }),
    (view) => view.show(conversation.chat, conversation.name),
  );
}

/** A chat that is only watched: everybody by name, nothing to answer. */
export function watching(lines: () => readonly Line[], name: string): Attachment<HTMLElement> {
  const nothing = () => {};
  const still = { outgoing: [], seen: { User: 0, Support: 0 }, live: true, peerTyping: false };
  return lend(
    () => new Thread({ me: "Support", label: t("console.conversationWith", { name }), atEnd: nothing, retry: nothing, discard: nothing }),
    (view) => view.show({ ...still, lines: lines() }),
  );
}

export function now(conversation: Conversation): Attachment<HTMLElement> {
  return lend(
    () => new Now(conversation.stay),
    (view) => view.show(conversation.chat),
  );
}

/** What may stand between what is typed and sending it. */
export interface BeforeSending {
  /** Sees each key first, and says whether it took it. */
  key: (event: KeyboardEvent) => boolean;
  /** Says whether what was typed is not to be sent now. */
  held: () => boolean;
}

export function composer(conversation: Conversation, isFocused: () => boolean, before?: BeforeSending): Attachment<HTMLElement> {
  const make = () => {
    const view = new Composer({ send: conversation.send, input: conversation.typed, ...before });
    view.placeholder = t("common.writeMessage");
    return view;
  };
  return lend(make, (view) => {
    // The composer has the draft already, unless something else wrote it.
    void conversation.inserted;
    view.text = untrack(() => conversation.draft);
    view.fit();
    if (isFocused()) view.focus();
  });
}
