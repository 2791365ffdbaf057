import { PostgresDatabase } from "./postgres.js";
import { SqlStore } from "./sql-store.js";
import { SqliteDatabase } from "./sqlite.js";
import type { Archive, Store } from "./store.js";

/**
 * Opens a store: `postgresql://…`, or the path of an SQLite file, which is made if it is not there.
 * @param service the address of the service whose items are added
 * @throws StoreError
 */
export async function openStore(place: string, service: string): Promise<Store> {
  const database = isUrl(place) ? new PostgresDatabase(place) : SqliteDatabase.open(place);
  return SqlStore.open(database, service);
}

/** Opens a store for reading while a collector may be writing to it. @throws StoreError, if there is none too */
export async function openStoreToRead(place: string): Promise<Archive> {
  const database = isUrl(place) ? new PostgresDatabase(place) : SqliteDatabase.openToRead(place);
  return SqlStore.open(database, "");
}

function isUrl(place: string): boolean {
  return /^postgres(ql)?:\/\//.test(place);
}
