/** Brings a row into view when it becomes the chosen one, and moves nothing that is in view already. */
export function intoView(isChosen: boolean) {
  return (row: Element): void => {
    if (isChosen) row.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
}
