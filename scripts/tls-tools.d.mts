export const FOLDER: string;
export function buildTLSTools(): Promise<string | undefined>;
