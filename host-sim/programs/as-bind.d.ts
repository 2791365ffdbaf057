declare module "as-bind/dist/as-bind.cjs.js" {
  interface Bound {
    readonly exports: Record<string, (...values: unknown[]) => unknown>;
  }
  const asBind: {
    instantiateSync(bytes: Uint8Array, imports: WebAssembly.Imports): Bound;
  };
  export default asBind;
}
