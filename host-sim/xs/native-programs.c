#include "natives.h"
#include "xs-programs.h"

const struct native program_natives[] = {
	{"beginProgram", xs_program_begin, 2},
	{"programSamples", xs_program_samples, 3},
	{0},
};
