#include "modules.h"

/* XS's callbacks below are given no place to keep it. */
static const struct archive* linked;

/* It is in XS, but in none of its headers. */
extern void fxRemapIDs(txMachine* the, txByte* code, txSize size, txID* identifiers);

static void link_module(txMachine* the, const struct module* module) {
	txByte* symbol = (txByte*)module->symbols;
	txID count;
	mxDecodeID(symbol, count);
	txID* identifiers = malloc(count * sizeof *identifiers);
	identifiers[0] = XS_NO_ID;
	for (txID i = 1; i < count; i++) {
		identifiers[i] = fxNewNameX(the, (txString)symbol); /* refers to the name in the archive */
		symbol += strlen((char*)symbol) + 1;
	}
	fxRemapIDs(the, module->code, (txSize)module->code_size, identifiers);
	free(identifiers);
}

void modules_link(txMachine* machine, const struct archive* archive) {
	linked = archive;
	fxBeginHost(machine);
	for (size_t i = 0; i < archive->count; i++) link_module(machine, &archive->modules[i]);
	fxEndHost(machine);
}

void modules_import(txMachine* the, const char* name) {
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushStringC((txString)name);
			fxAwaitImport(the, XS_IMPORT_NAMESPACE);
			mxPop();
		}
		mxCatch(the) {
			fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
		}
	}
	fxEndHost(the);
}

/*
 * XS asks for the module that `specifier` means in the module `importer`, or XS_NO_ID for a name that comes
 * from the host. As Moddable does, it drops the ending.
 */
txID fxFindModule(txMachine* the, txSlot* realm, txID importer, txSlot* specifier) {
	(void)realm;
	char name[C_PATH_MAX];
	char path[C_PATH_MAX] = "";
	fxToStringBuffer(the, specifier, name, sizeof name);
	char* rest = name;
	size_t length = strlen(name);
	if (length > 3 && strcmp(name + length - 3, ".js") == 0) name[length - 3] = '\0';

	if (name[0] == '.') {
		if (importer == XS_NO_ID) return XS_NO_ID;
		snprintf(path, sizeof path, "/%s", fxGetKeyName(the, importer));
		*strrchr(path, '/') = '\0';
		for (;;) {
			if (strncmp(rest, "./", 2) == 0) {
				rest += 2;
			} else if (strncmp(rest, "../", 3) == 0) {
				rest += 3;
				char* slash = strrchr(path, '/');
				if (slash == NULL) return XS_NO_ID; /* above the root */
				*slash = '\0';
			} else {
				break;
			}
		}
	}
	size_t used = strlen(path);
	if (snprintf(path + used, sizeof path - used, "/%s", rest) >= (int)(sizeof path - used))
		mxRangeError("the name of a module is longer than %d bytes", C_PATH_MAX);
	const struct module* module = archive_find(linked, path + 1);
	return module == NULL ? XS_NO_ID : fxNewNameX(the, (txString)module->name);
}

/* XS asks for the code of a module that was found. */
void fxLoadModule(txMachine* the, txSlot* slot, txID name) {
	const struct module* module = archive_find(linked, fxGetKeyName(the, name));
	if (module == NULL) return;
	txScript script = {
		.codeBuffer = module->code,
		.codeSize = (txSize)module->code_size,
		.path = (txString)module->name,
		.version = {XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0},
	};
	fxResolveModule(the, slot, name, &script, NULL, NULL);
}
