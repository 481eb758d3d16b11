/** Tells an agent who looks elsewhere: a soft sound, a notification. Each kind can be muted. */
import type { Request } from "../client/wire";
import { t } from "../shared/i18n";
import type { Settings } from "./memory";

const VOLUME = 0.12;
const LONGEST_TEXT = 120;
const TRIAL = "helpline-trial";

export class Notifier {
  #audio: AudioContext | undefined;
  #hasComplained = false;

  constructor() {
    // A browser lets a page sound only after the person has touched it.
    const unlock = () => {
      if (typeof AudioContext === "undefined") return;
      try {
        this.#audio ??= new AudioContext();
        void this.#audio.resume().catch(() => undefined);
      } catch {
        // No sound device, or none allowed: the page is silent.
      }
    };
    addEventListener("pointerdown", unlock, { once: true });
    addEventListener("keydown", unlock, { once: true });
  }

  /** Asks for the permission to notify; says whether notifications will be seen. */
  async permit(): Promise<boolean> {
    try {
      if (typeof Notification === "undefined" || (await Notification.requestPermission()) !== "granted") return false;
      // Some browsers, on phones, have the word and allow it only to service workers.
      const isPhone = typeof matchMedia !== "function" || matchMedia("(pointer: coarse)").matches;
      if (isPhone) new Notification(t("console.title"), { tag: TRIAL, silent: true }).close();
      return true;
    } catch {
      return false;
    }
  }

  request(request: Request, settings: Settings): void {
    if (settings.requestSound) this.#play([660, 880]);
    if (!settings.requestNotice) return;
    const name = request.username ?? t("common.visitor");
    this.#notify(t("console.noticeRequest", { name }), request.topic ?? request.firstWords ?? "", request.chatId);
  }

  /** A colleague gave a chat to this agent: it has a sound of its own, for nobody else can take it. */
  given(request: Request, settings: Settings): void {
    if (settings.requestSound) this.#play([880, 660, 880]);
    if (!settings.requestNotice) return;
    const name = request.username ?? t("common.visitor");
    const by = t("console.handedOver", { name: request.handedOverBy ?? "" });
    this.#notify(t("console.noticeGiven", { name }), [by, request.note].filter(Boolean).join(" "), request.chatId);
  }

  message(chatId: string, name: string, words: string, settings: Settings, onclick: () => void): void {
    if (settings.messageSound) this.#play([740]);
    if (settings.messageNotice) this.#notify(name, words, chatId, onclick);
  }

  #play(tones: number[]): void {
    const audio = this.#audio;
    if (audio?.state !== "running") return;
    tones.forEach((frequency, index) => {
      const at = audio.currentTime + index * 0.14;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(VOLUME, at + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.32);
    });
  }

  #notify(title: string, body: string, tag: string, onclick?: () => void): void {
    const hidden = document.visibilityState !== "visible" || !document.hasFocus();
    if (!hidden || typeof Notification === "undefined" || Notification.permission !== "granted") return;
    try {
      const notice = new Notification(title, { body: [...body].slice(0, LONGEST_TEXT).join(""), tag });
      notice.onclick = () => {
        window.focus();
        onclick?.();
        notice.close();
      };
    } catch (error) {
      // Chrome on Android has the permission and throws here. Nothing of the chat may end with it.
      if (!this.#hasComplained) console.warn("Helpline: this browser shows no notifications of a page.", error);
      this.#hasComplained = true;
    }
  }
}
