/** Whether this may be an e-mail address: the server refuses what is not, and a page had better not send it. */
export function isEmail(text: string | undefined): text is string {
  return text !== undefined && /^[^\s@]+@[^\s@]+$/.test(text);
}
