export interface Program {
  readonly main: string;
  readonly archive: string;
  readonly modules: readonly string[];
}

export const HOST: string;
export const SANITIZED_HOST: string;
export const COMPILER: string;
export function compileProgram(main: string): Program;
export function byteCodeSizes(archive: string): Record<string, number>;
