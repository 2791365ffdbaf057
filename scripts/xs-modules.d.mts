/**
 * Compiles a TypeScript module to the JavaScript that XS is to compile.
 * @param name its path, for messages
 * @throws Error when it cannot be compiled
 */
export function compileModule(name: string, source: string): string;
