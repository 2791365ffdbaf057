#include "failure.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void failure_set(struct failure* failure, const char* condition, const char* format, ...) {
	if (failure->condition != NULL) return;
	failure->condition = condition;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof failure->text, format, arguments);
	va_end(arguments);
}
