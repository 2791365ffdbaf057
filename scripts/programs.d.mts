export interface TranslatedProgram {
  readonly name: string;
  readonly files: readonly string[];
  readonly memory: number;
  readonly wasmBytes: number;
}

export const BOX: readonly string[];
export const PROGRAMS: string;
export const PROGRAMS_HOST: string;
export const PROGRAMS_FIRMWARE: string;
export function translateBox(): Promise<readonly TranslatedProgram[]>;
export function buildProgramsHost(): Promise<string | undefined>;
export function buildProgramsChip(): Promise<string | undefined>;
