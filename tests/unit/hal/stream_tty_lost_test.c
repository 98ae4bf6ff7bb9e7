/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/stream_tty.h"

struct fixture {
	struct hal_loop *loop;
	int master;
	char path[32];
	char lock[64]; /* of the port */
	struct hal_stream *s;
	bool lost;
};

static void note_loss(void *user, unsigned int events)
{
	struct fixture *f = user;

	f->lost |= (events & HAL_STREAM_LOST) != 0;
}

static void setup(struct fixture *f)
{
	struct hal_error err;

	memset(f, 0, sizeof(*f));
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	cr_assert_eq(unlockpt(f->master), 0);
	cr_assert_eq(ptsname_r(f->master, f->path, sizeof(f->path)), 0);
	(void)snprintf(f->lock, sizeof(f->lock), "%s/LCK..pts_%s", HAL_PORTLOCK_DIR,
		       f->path + strlen("/dev/pts/"));
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	cr_assert_eq(hal_stream_tty_open(f->loop, f->path, &HAL_STREAM_CONFIG_DEFAULT, &err, &f->s),
		     0, "%s", err.text);
	hal_stream_set_handler(f->s, note_loss, f);
	cr_assert_eq(access(f->lock, F_OK), 0, "%s", f->lock);
}

static void lose(struct fixture *f)
{
	close(f->master);
	while (!f->lost)
		cr_assert_gt(hal_loop_wait(f->loop, 30000), 0);
	hal_stream_close(f->s);
}

Test(stream_tty_lost, the_lock_file_goes_after_the_news)
{
	struct fixture f;

	setup(&f);
	lose(&f);
	cr_assert_eq(access(f.lock, F_OK), 0, "there may be more to tell");
	cr_assert_eq(hal_loop_dispatch(f.loop), 1);
	cr_assert_neq(access(f.lock, F_OK), 0);
	hal_loop_free(f.loop);
}

Test(stream_tty_lost, the_lock_file_goes_with_the_loop)
{
	struct fixture f;

	setup(&f);
	lose(&f);
	hal_loop_free(f.loop);
	cr_assert_neq(access(f.lock, F_OK), 0);
}
