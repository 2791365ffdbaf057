/* The command line. */
#ifndef PIPIT_XS_MAIN_H
#define PIPIT_XS_MAIN_H

/* What stands behind the name of the program's module. */
extern struct command_line {
	int count;
	char** arguments;
} command_line;

#endif
