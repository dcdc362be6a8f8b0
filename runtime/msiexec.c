/* SPDX-License-Identifier: MIT */
/* msiexec.c - see msiexec.h. */
#include "msiexec.h"

#include <string.h>

static void add_rest(struct buf *b, const char *log)
{
	buf_printf(b, " /qn /norestart /l*v \"%s\" REBOOT=ReallySuppress", log);
}

void msiexec_add_install(struct buf *b, const char *path, const char *log,
			 const char *const *properties)
{
	buf_printf(b, "/i \"%s\"", path);
	add_rest(b, log);
	for (size_t i = 0; properties && properties[i]; i++) {
		int name = (int)strcspn(properties[i], "=");
		buf_printf(b, " %.*s=\"%s\"", name, properties[i], properties[i] + name + 1);
	}
}

void msiexec_add_uninstall(struct buf *b, const char *code, const char *log)
{
	buf_printf(b, "/x %s", code);
	add_rest(b, log);
}

static const struct {
	uint32_t code;
	enum msiexec_answer answer;
	const char *meaning;
} answers[] = {
	{ 0, MSIEXEC_OK, "done" },
	{ 13, MSIEXEC_FAILED, "the data is invalid" },
	{ 87, MSIEXEC_FAILED, "one of the parameters was invalid" },
	{ 1601, MSIEXEC_FAILED, "the Windows Installer service could not be accessed" },
	{ 1602, MSIEXEC_FAILED, "it was cancelled" },
	{ 1603, MSIEXEC_FAILED, "a fatal error occurred during installation" },
	{ 1605, MSIEXEC_GONE, "the product is not installed" },
	{ 1612, MSIEXEC_FAILED, "the product's installation source is not available" },
	{ 1618, MSIEXEC_BUSY, "another installation is already in progress" },
	{ 1619, MSIEXEC_FAILED, "the package could not be opened" },
	{ 1620, MSIEXEC_FAILED, "the file is not a valid package" },
	{ 1622, MSIEXEC_FAILED, "the log file could not be opened" },
	{ 1625, MSIEXEC_FAILED, "a policy of this system forbids the installation" },
	{ 1633, MSIEXEC_FAILED, "the package is not for this kind of processor" },
	{ 1638, MSIEXEC_FAILED, "another version of the product is installed already" },
	{ 1639, MSIEXEC_FAILED, "an argument on the command line was invalid" },
	{ 1641, MSIEXEC_REBOOT, "done, and a restart was begun" },
	{ 3010, MSIEXEC_REBOOT, "done, and a restart is needed" },
};

#define ANSWER_COUNT (sizeof(answers) / sizeof(answers[0]))

enum msiexec_answer msiexec_answer(uint32_t code)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		if (answers[i].code == code)
			return answers[i].answer;
	return MSIEXEC_FAILED;
}

const char *msiexec_meaning(uint32_t code)
{
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		if (answers[i].code == code)
			return answers[i].meaning;
	return NULL;
}
