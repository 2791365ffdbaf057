/*
 * The compiler: pipit-xsc ROOT ARCHIVE MODULE...
 *
 * Compiles ES modules, ROOT/MODULE.js each, and writes them into an archive. XS's own compiler is in its
 * engine; this does what Moddable's xsc does with it.
 */
#include "xsAll.h"
#include "xsScript.h"

#include "archive.h"
#include "files.h"

struct text {
	const char* at;
	const char* end;
};

static int next_byte(void* stream) {
	struct text* text = stream;
	return text->at < text->end ? (unsigned char)*text->at++ : C_EOF;
}

static const char* source_path;

static void report_error(void* console, txString path, txInteger line, txString format, c_va_list arguments) {
	(void)console;
	(void)path;
	fprintf(stderr, "%s:%d: ", source_path, (int)line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

/* Returns NULL after errors, which it has printed. */
static txScript* compile(const char* source, size_t size) {
	struct text text = {source, source + size};
	txParser parser;
	txParserJump jump;
	txScript* volatile script = NULL; /* it is set before a longjmp() */
	fxInitializeParser(&parser, NULL, 64 * 1024, 1993);
	parser.reportError = report_error;
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		fxParserTree(&parser, &text, next_byte, 0, NULL);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	fxTerminateParser(&parser);
	return script;
}

/*
 * Makes functions and string literals refer to the code itself, where XS would otherwise copy them into the
 * chunk heap as it comes by them. Moddable's linker does the same to code that goes into flash.
 */
static void refer_in_place(txByte* code, txSize size) {
	txByte* end = code + size;
	while (code < end) {
		switch (*(txU1*)code) {
		case XS_CODE_CODE_1: *(txU1*)code = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *(txU1*)code = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *(txU1*)code = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *(txU1*)code = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *(txU1*)code = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *(txU1*)code = XS_CODE_STRING_ARCHIVE_4; break;
		}
		/* What is not a size: 0, an identifier follows; -n, the length of what follows, in n bytes. */
		txS1 step = gxCodeSizes[*(txU1*)code++];
		txU2 length2;
		txU4 length4;
		switch (step) {
		case 0: code += sizeof(txID); break;
		case -1: code += 1 + *(txU1*)code; break;
		case -2:
			memcpy(&length2, code, sizeof length2);
			code += sizeof length2 + length2;
			break;
		case -4:
			memcpy(&length4, code, sizeof length4);
			code += sizeof length4 + length4;
			break;
		default: code += step - 1; break;
		}
	}
}

static bool compile_module(const char* root, const char* name, FILE* archive) {
	char path[C_PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s.js", root, name) >= (int)sizeof path) {
		fprintf(stderr, "%s: the path is longer than %zu bytes\n", name, sizeof path);
		return false;
	}
	source_path = path;
	size_t size;
	char* source = read_file(path, &size);
	txScript* script = compile(source, size);
	if (script == NULL) return false;
	refer_in_place(script->codeBuffer, script->codeSize);
	struct module module = {
		.name = name,
		.symbols = (char*)script->symbolsBuffer,
		.symbols_size = (uint32_t)script->symbolsSize,
		.code = script->codeBuffer,
		.code_size = (uint32_t)script->codeSize,
	};
	bool written = archive_write_module(archive, &module);
	fxDeleteScript(script);
	free(source);
	return written;
}

int main(int count, char* arguments[]) {
	if (count < 4) {
		fprintf(stderr, "usage: %s ROOT ARCHIVE MODULE...\n", arguments[0]);
		return EXIT_FAILURE;
	}
	const char* root = arguments[1];
	const char* path = arguments[2];
	FILE* archive = fopen(path, "wb");
	bool good = archive != NULL && archive_write_magic(archive);
	for (int i = 3; i < count && good; i++) good = compile_module(root, arguments[i], archive);
	if (archive != NULL && fclose(archive) != 0) good = false;
	if (good) return EXIT_SUCCESS;
	fprintf(stderr, "%s was not written%s%s\n", path, errno == 0 ? "" : ": ", errno == 0 ? "" : strerror(errno));
	remove(path);
	return EXIT_FAILURE;
}
