/** What the chip's C gives to programs beside that of the XS host (system-chip.c). */

export interface ChipNative {
  /** Prints two lines of JSON: what is used of the machine (figures.h), and of the chip (chip-figures.h). */
  chipFigures(label: string): void;
}

declare const host: ChipNative;

export const chip: ChipNative = host;
