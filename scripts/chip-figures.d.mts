/** See chip-figures.mjs. */
import type { Program } from "./xs-program.mjs";

export type Stages = Readonly<Record<string, { readonly xs: object; readonly chip: object }>>;

export interface ChipFigures {
  readonly flash: Readonly<Record<string, number>>;
  readonly ram: object;
  readonly instructions: Readonly<Record<string, number>>;
}

export function stagesOf(lines: readonly string[]): Stages;
export function figuresOf(run: { stages: Stages; program: Program }): ChipFigures;
export function budgeted(figures: ChipFigures): Record<string, number>;
