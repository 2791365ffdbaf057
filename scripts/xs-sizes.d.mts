/** See xs-sizes.mjs. */
export interface Sizes {
  readonly byteCode: {
    readonly modules: Readonly<Record<string, number>>;
    readonly device: number;
    readonly client: number;
  };
  readonly flash: { readonly builtIns: number; readonly firmware: number };
  readonly stages: readonly {
    readonly label: string;
    readonly live: number;
    readonly peak: number;
    readonly stackPeak: number;
  }[];
}

export function measureSizes(): Sizes;
export function budgeted(sizes: Sizes): Record<string, number>;
