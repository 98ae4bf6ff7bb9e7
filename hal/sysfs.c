/* SPDX-License-Identifier: MIT */
#include "hal/sysfs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hal/slice.h"

void hal_sysfs_text(int dir, const char *name, char *buf, size_t size)
{
	struct hal_slice text, line;
	char raw[128];
	ssize_t len;
	int fd;

	buf[0] = '\0';
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, raw, sizeof(raw));
	close(fd);
	if (len <= 0)
		return;
	text = hal_slice(raw, (size_t)len);
	(void)hal_slice_token(&text, '\n', &line);
	(void)hal_slice_escape(line, buf, size);
}

uint16_t hal_sysfs_number(int dir, const char *name, unsigned int base)
{
	uint64_t value = 0;
	char text[16];

	hal_sysfs_text(dir, name, text, sizeof(text));
	(void)hal_slice_u64(hal_slice_str(text), base, UINT16_MAX, &value); /* 0 stays for none */
	return (uint16_t)value;
}

void hal_sysfs_link(int dir, const char *name, char *buf, size_t size)
{
	char target[256];
	const char *base;
	ssize_t len;

	buf[0] = '\0';
	len = readlinkat(dir, name, target, sizeof(target) - 1);
	if (len <= 0 || (size_t)len == sizeof(target) - 1)
		return;
	target[len] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (hal_slice_copy(hal_slice_str(base), buf, size) >= size)
		buf[0] = '\0';
}
