/** What a file of chats is called: its days are in its name, so two of them are not one file in somebody's folder. Days are `YYYY-MM-DD` or empty. */
export function exportName(from: string, to: string, format: string, now = new Date()): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `chats-${from ? `${from}-to` : "until"}-${to || today}.${format}`;
}
