/* Files, for host-sim/xs/storage.ts. All throw an Error that names the file when the system refuses. */
#ifndef PIPIT_XS_NATIVE_FILES_H
#define PIPIT_XS_NATIVE_FILES_H

#include "xsAll.h"

/* makeFolder(path: string): void, unless it is there */
void native_make_folder(txMachine* the);

/* listFolder(path: string): string[], without those that begin with a dot */
void native_list_folder(txMachine* the);

/* readFile(path: string): ArrayBuffer | undefined, when there is no such file */
void native_read_file(txMachine* the);

/* replaceFile(path: string, bytes: Bytes): void. A crash leaves the old file or the new one. */
void native_replace_file(txMachine* the);

/* removeFile(path: string): boolean, whether there was such a file */
void native_remove_file(txMachine* the);

#endif
