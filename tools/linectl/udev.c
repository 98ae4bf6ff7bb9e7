/* SPDX-License-Identifier: MIT */
#include "tools/linectl/udev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static int print(char *buf, size_t size, const char *format,
						       ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf, size, format, args);
	va_end(args);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int open_root(const char *root)
{
	int fd = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* @return NULL and errno */
static FILE *open_file(int root, const char *name)
{
	int fd = openat(root, name, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file && fd >= 0) {
		close(fd);
		errno = ENOMEM; /* the only reason there is */
	}
	return file;
}

#define PROPERTY(key, member)                                   \
	{                                                       \
		key "=", offsetof(struct udev_port, member),    \
			sizeof(((struct udev_port *)0)->member) \
	}

static const struct {
	const char *key;
	size_t offset;
	size_t size;
} properties[] = {
	PROPERTY("ID_PATH", path),
	PROPERTY("ID_VENDOR_ID", vendor),
	PROPERTY("ID_MODEL_ID", product),
	PROPERTY("ID_SERIAL_SHORT", serial),
	PROPERTY("ID_USB_INTERFACE_NUM", interface),
	PROPERTY("ID_VENDOR", vendor_name),
	PROPERTY("ID_MODEL", model_name),
	PROPERTY("ID_TRUNKLINE", claimed),
	PROPERTY("ID_TRUNKLINE_ROLE", role),
	PROPERTY("ID_MM_DEVICE_IGNORE", mm_device),
	PROPERTY("ID_MM_PORT_IGNORE", mm_port),
};

static void take_property(struct udev_port *port, const char *text)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		char *member = (char *)port + properties[i].offset;
		size_t length = strlen(properties[i].key);

		if (strncmp(text, properties[i].key, length) == 0 &&
		    print(member, properties[i].size, "%s", text + length) < 0)
			*member = '\0';
	}
}

/* What udev adds to the path in the name of a link is the adapter's port. */
static void take_suffix(struct udev_port *port, const char *link)
{
	size_t length = strlen(port->path);

	if (strncmp(link, port->path, length) != 0 ||
	    print(port->suffix, sizeof(port->suffix), "%s", link + length) < 0)
		port->suffix[0] = '\0';
}

/* Lines are "E:KEY=VALUE" and "S:LINK", among others: the format that libudev reads. */
static int read_database(int root, const char *number, struct udev_port *port)
{
	static const char by_path[] = "S:serial/by-path/";
	char name[UDEV_PATH_MAX];
	char link[UDEV_PATH_MAX] = "";
	char *line = NULL;
	size_t size = 0;
	FILE *file;
	int r;

	r = print(name, sizeof(name), "run/udev/data/c%s", number);
	if (r < 0)
		return r;
	file = open_file(root, name);
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "E:", 2) == 0)
			take_property(port, line + 2);
		if (strncmp(line, by_path, sizeof(by_path) - 1) == 0)
			(void)print(link, sizeof(link), "%s", line + sizeof(by_path) - 1);
	}
	take_suffix(port, link);
	free(line);
	fclose(file);
	return 0;
}

/* Major and minor as in "166:0" */
static int read_number(int root, const char *kernel, char *buf, int size)
{
	char name[UDEV_PATH_MAX];
	FILE *file;
	int r;

	r = print(name, sizeof(name), "sys/class/tty/%s/dev", kernel);
	if (r < 0)
		return r;
	file = open_file(root, name);
	if (!file)
		return -errno;
	r = fgets(buf, size, file) ? 0 : -EIO;
	fclose(file);
	buf[strcspn(buf, "\n")] = '\0';
	return r;
}

/* The nearest parent that has a vendor; there is none above a UART of the board. */
static int find_usb(int root, char *syspath, struct udev_port *port)
{
	for (char *slash; (slash = strrchr(syspath, '/'));) {
		char name[UDEV_PATH_MAX];

		*slash = '\0';
		if (print(name, sizeof(name), "%s/idVendor", syspath) == 0 &&
		    faccessat(root, name, R_OK, 0) == 0)
			return print(port->usb, sizeof(port->usb), "/%s", syspath);
	}
	return 0;
}

/* Where it is in sysfs, without root and first slash. */
static int find_syspath(int root, const char *kernel, char *buf, size_t size)
{
	static const char up[] = "../../devices/"; /* from /sys/class/tty */
	char name[UDEV_PATH_MAX];
	char target[UDEV_PATH_MAX];
	ssize_t n;
	int r;

	r = print(name, sizeof(name), "sys/class/tty/%s", kernel);
	if (r < 0)
		return r;
	n = readlinkat(root, name, target, sizeof(target) - 1);
	if (n < 0)
		return -ENOTTY;
	target[n] = '\0';
	if (strncmp(target, up, sizeof(up) - 1) != 0 || strstr(target, "/virtual/"))
		return -ENOTTY;
	return print(buf, size, "sys/%s", target + strlen("../../"));
}

static int read_port(int root, const char *kernel, struct udev_port *port)
{
	char syspath[UDEV_PATH_MAX];
	char number[32];
	int r;

	r = print(port->kernel, sizeof(port->kernel), "%s", kernel);
	if (r == 0)
		r = find_syspath(root, kernel, syspath, sizeof(syspath));
	if (r == 0)
		r = find_usb(root, syspath, port);
	if (r == 0)
		r = read_number(root, kernel, number, sizeof(number));
	if (r < 0)
		return r;
	r = read_database(root, number, port);
	if (r == -ENOENT)
		return port->usb[0] ? -ENODATA : 0;
	return r;
}

/* @return the path without links, to be freed; NULL and errno */
static char *resolve(const char *root, const char *name)
{
	char path[UDEV_PATH_MAX];

	if (print(path, sizeof(path), "%s%s", root, name) == 0)
		return realpath(path, NULL);
	errno = ENAMETOOLONG;
	return NULL;
}

/* The kernel's name of a node: the part after /dev/. Nothing deeper, as /dev/pts/0, is a port. */
static int find_kernel(const char *root, const char *device, char *buf, size_t size)
{
	char *dev = resolve(root, "/dev");
	char *node = resolve(root, device);
	int r = dev && node ? -ENOTTY : -errno;
	const char *slash = node ? strrchr(node, '/') : NULL;

	if (dev && slash && (size_t)(slash - node) == strlen(dev) &&
	    strncmp(node, dev, strlen(dev)) == 0)
		r = print(buf, size, "%s", slash + 1);
	free(node);
	free(dev);
	return r;
}

int udev_port_find(const char *root, const char *device, struct udev_port *ret_port)
{
	struct udev_port port = {0};
	char kernel[sizeof(port.kernel)];
	int fd;
	int r;

	r = find_kernel(root, device, kernel, sizeof(kernel));
	if (r < 0)
		return r;
	fd = open_root(root);
	if (fd < 0)
		return fd;
	r = read_port(fd, kernel, &port);
	close(fd);
	if (r == 0)
		*ret_port = port;
	return r;
}

static bool is_twin(const struct udev_port *a, const struct udev_port *b)
{
	return strcmp(a->vendor, b->vendor) == 0 && strcmp(a->product, b->product) == 0 &&
	       strcmp(a->serial, b->serial) == 0 && strcmp(a->usb, b->usb) != 0;
}

int udev_port_each(const char *root, udev_port_fn fn, void *user)
{
	int fd = open_root(root);
	struct dirent *entry;
	bool more = true;
	int ttys;
	DIR *dir;

	if (fd < 0)
		return fd;
	ttys = openat(fd, "sys/class/tty", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = ttys < 0 ? NULL : fdopendir(ttys);
	if (!dir) {
		int r = -errno;

		if (ttys >= 0)
			close(ttys);
		close(fd);
		return r;
	}
	while (more && (entry = readdir(dir))) {
		struct udev_port port = {0};
		int r = read_port(fd, entry->d_name, &port);

		/* What cannot be read is no serial port, or has just gone. */
		if (r == 0 || r == -ENODATA)
			more = fn(user, &port);
	}
	closedir(dir);
	close(fd);
	return 0;
}

struct twins {
	const struct udev_port *port;
	bool found;
};

static bool note_twin(void *user, const struct udev_port *other)
{
	struct twins *twins = user;

	twins->found = other->usb[0] && is_twin(twins->port, other);
	return !twins->found;
}

int udev_port_is_unique(const char *root, const struct udev_port *port)
{
	struct twins twins = {.port = port};
	int r = udev_port_each(root, note_twin, &twins);

	return r < 0 ? r : !twins.found;
}
