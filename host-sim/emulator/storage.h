/*
 * Files in flash, for host-sim/xs/storage.ts, by the functions of native-files.h. They are in a region of
 * their own, which the host keeps in one file: it is read when the chip boots, and replaced with every write.
 */
#ifndef PIPIT_CHIP_STORAGE_H
#define PIPIT_CHIP_STORAGE_H

/* Reads the region from the host's file, if there is one. Exits with a message when it is no such file. */
void storage_start(const char* path);

#endif
