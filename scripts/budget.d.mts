/** See budget.mjs. */
export const CHIP: string;
export const budget: Readonly<Record<string, { readonly budget: number; readonly goal?: number }>>;
export function excessOf(name: string, figure: number): string | undefined;
export function updateBudget(figures: Readonly<Record<string, number>>): void;
