/**
 * The sheets over the desk. They are one file, loaded after the desk itself (late-sheets.ts): whatever they share with a
 * page beside the desk belongs to the desk, see scripts/check-parts.js.
 */
export { default as Keys } from "./Keys.svelte";
export { default as RepliesSheet } from "./replies/RepliesSheet.svelte";
export { default as SettingsSheet } from "./SettingsSheet.svelte";
export { default as SignOut } from "./SignOut.svelte";
export { default as Transfer } from "./transfer/Transfer.svelte";
export { default as TransferSheet } from "./transfer/TransferSheet.svelte";
export { default as TranscriptView } from "./visitor/TranscriptView.svelte";
