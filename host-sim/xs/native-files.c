#include "native-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xs.h"
#include "xsmc.h"

/* A copy, which stays where it is while the machine allocates. */
struct path {
	char text[PATH_MAX];
};

static struct path path_of(xsMachine* the, xsSlot* slot) {
	struct path path;
	xsmcToStringBuffer(*slot, path.text, sizeof path.text);
	return path;
}

static void fail(xsMachine* the, const struct path* path) {
	xsUnknownError("%s: %s", path->text, strerror(errno));
}

void native_make_folder(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	if (mkdir(path.text, 0777) != 0 && errno != EEXIST) fail(the, &path);
}

void native_list_folder(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	struct dirent** entries;
	int count = scandir(path.text, &entries, NULL, alphasort);
	if (count < 0) fail(the, &path);
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	xsIntegerValue length = 0;
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.') {
			xsmcSetString(xsVar(0), entries[i]->d_name);
			xsmcSetIndex(xsResult, length++, xsVar(0));
		}
		free(entries[i]);
	}
	free(entries);
}

void native_read_file(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	struct stat status;
	if (stat(path.text, &status) != 0) {
		if (errno != ENOENT) fail(the, &path);
		return;
	}
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)status.st_size);
	int file = open(path.text, O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? -1 : read(file, xsmcToArrayBuffer(xsResult), (size_t)status.st_size);
	if (file >= 0) close(file);
	if (size >= 0 && size != status.st_size) errno = EIO; /* somebody else has changed it meanwhile */
	if (size != status.st_size) fail(the, &path);
}

/* Writes and waits for the disk. Returns whether that worked. */
static bool write_through(const char* path, const void* bytes, size_t size) {
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file < 0) return false;
	bool written = write(file, bytes, size) == (ssize_t)size && fsync(file) == 0;
	return close(file) == 0 && written;
}

static bool sync_folder_of(struct path path) {
	int folder = open(dirname(path.text), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = folder >= 0 && fsync(folder) == 0;
	if (folder >= 0) close(folder);
	return synced;
}

void native_replace_file(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	struct path successor;
	struct path folder = path;
	if (snprintf(successor.text, PATH_MAX, "%s/.new", dirname(folder.text)) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		fail(the, &path);
	}
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	if (!write_through(successor.text, bytes, size) || rename(successor.text, path.text) != 0 || !sync_folder_of(path))
		fail(the, &path);
}

void native_remove_file(xsMachine* the) {
	struct path path = path_of(the, &xsArg(0));
	bool removed = unlink(path.text) == 0;
	if (!removed && errno != ENOENT) fail(the, &path);
	if (removed && !sync_folder_of(path)) fail(the, &path);
	xsmcSetBoolean(xsResult, removed);
}
