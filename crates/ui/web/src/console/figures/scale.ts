/** Round numbers for an axis that reaches at least `largest`. */
export function ticks(largest: number, wanted = 4): number[] {
  if (!(largest > 0)) return [0, 1];
  const rough = largest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10, power < 1 ? 1 / power : 0) * power;
  const count = Math.ceil(largest / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** Evenly chosen places along a row of `length`, the first and the last among them. */
export function places(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, index) => index);
  const step = (length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => Math.round(index * step));
}
