export const MAIN: { readonly esp32: string; readonly lin: string };
export function modulesOf(main: string): { own: string[]; sdk: string[] };
export function firmwareManifest(): { modules: Record<string, string>; preload: string[] };
