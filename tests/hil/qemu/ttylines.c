/* SPDX-License-Identifier: MIT */

/*
 * What the kernel knows of a serial port's modem lines, as one line of JSON: those that are on now,
 * and how often each has changed or a break or an error has come.
 *
 *	ttylines TTY [break]	"break" sends one first
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

static int fail(const char *what)
{
	fprintf(stderr, "ttylines: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct serial_icounter_struct count = {0};
	int fd, lines;

	if (argc < 2) {
		fprintf(stderr, "Usage: ttylines TTY [break]\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(argv[1]);
	if (argc > 2 && tcsendbreak(fd, 0) < 0)
		return fail("break");
	if (ioctl(fd, TIOCMGET, &lines) < 0 || ioctl(fd, TIOCGICOUNT, &count) < 0)
		return fail("modem lines");
	printf("{\"dtr\":%d,\"rts\":%d,\"dcd\":%d,\"dsr\":%d,\"ri\":%d,\"dcd_count\":%d,"
	       "\"dsr_count\":%d,\"ri_count\":%d,\"break\":%d,\"framing\":%d,\"parity\":%d,"
	       "\"overrun\":%d}\n",
	       (lines & TIOCM_DTR) != 0, (lines & TIOCM_RTS) != 0, (lines & TIOCM_CAR) != 0,
	       (lines & TIOCM_DSR) != 0, (lines & TIOCM_RNG) != 0, count.dcd, count.dsr, count.rng,
	       count.brk, count.frame, count.parity, count.overrun);
	return EXIT_SUCCESS;
}
