import type { Program } from "./xs-program.mjs";

export interface ChipOptions {
  readonly program: Program;
  readonly settings: unknown;
  readonly firmware?: string;
  readonly server?: { readonly host: string; readonly port: number };
  readonly clock?: string;
  readonly folder?: string;
  readonly onLine?: (line: string) => void;
}

export class Chip {
  constructor(options: ChipOptions);
  readonly lines: readonly string[];
  readonly ended: Promise<number | undefined>;
  printed(text: string): Promise<string>;
  stop(): void;
}

export const FIRMWARE: string;
export const SERVER: { readonly host: string; readonly port: number };
export function buildEmulator(options?: {
  readonly extra?: readonly string[];
  readonly flags?: readonly string[];
  readonly folder?: string;
}): Promise<string | undefined>;
export function linkedSizes(): Record<string, { flash: number; ram: number }>;
