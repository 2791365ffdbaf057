/** What the SQL of the store runs on: SQLite or PostgreSQL. Both know parameters as `$1`, and `ON CONFLICT`. */

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

export interface Queries {
  query(sql: string, values?: readonly Value[]): Promise<Row[]>;
}

export interface Database extends Queries {
  /** How a column is declared that numbers the rows by itself, in the order of their coming. */
  readonly key: string;
  /** The function that gives the smaller of two values. */
  readonly least: string;
  readonly greatest: string;
  /** Runs what `work` asks for as one transaction, which is undone when it throws. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
