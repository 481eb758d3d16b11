declare module "virtual:texts/*" {
  const loaders: import("./shared/i18n").Loaders;
  export default loaders;
}

/** A copy of its own, for a part that is loaded later: what it shares with another one would be a file of its own. */
declare module "*?own&raw" {
  const text: string;
  export default text;
}
