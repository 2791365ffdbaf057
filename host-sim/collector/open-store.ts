import { PostgresDatabase } from "./postgres.js";
import { SqlStore } from "./sql-store.js";
import { SqliteDatabase } from "./sqlite.js";
import type { Store } from "./store.js";

/**
 * Opens a store: `postgresql://…`, or the path of an SQLite file, which is made if it is not there.
 * @throws StoreError
 */
export async function openStore(place: string): Promise<Store> {
  return SqlStore.open(isUrl(place) ? new PostgresDatabase(place) : SqliteDatabase.open(place));
}

/** Opens a store for reading while a collector may be writing to it. @throws StoreError, if there is none too */
export async function openStoreToRead(place: string): Promise<Store> {
  return SqlStore.open(
    isUrl(place) ? new PostgresDatabase(place) : SqliteDatabase.openToRead(place),
  );
}

function isUrl(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place);
}
