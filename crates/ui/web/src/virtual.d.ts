declare module "virtual:texts/*" {
  const loaders: import("./shared/i18n").Loaders;
  export default loaders;
}
