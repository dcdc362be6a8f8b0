/* SPDX-License-Identifier: MIT */
/* random_linux.c - getrandom(2), or /dev/urandom on kernels before 3.17 that lack it. */
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool read_device(unsigned char *out, size_t len)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	while (len) {
		ssize_t n = read(fd, out, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out += n;
		len -= (size_t)n;
	}
	close(fd);
	return len == 0;
}

bool random_bytes(unsigned char *out, size_t len)
{
	while (len) {
		/* Not the wrapper: it may be built upon newer calls. */
		long n = syscall(SYS_getrandom, out, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return read_device(out, len);
		out += n;
		len -= (size_t)n;
	}
	return true;
}
